-- What a bug might write: each plant breaks one rule of `callbank check`.
-- A heading names the invariant and some words of the line that must appear; :paid, :waiting and :stopped are
-- the ids of three orders, :payment is the id of the paid one's payment.

-- I1: no paid payment of it settled it
UPDATE orders SET paid_by = :payment WHERE id = :waiting;

-- I1: is paid and error
UPDATE orders SET status = 'error' WHERE id = :paid;

-- I1: a payment of it is paid
UPDATE payments SET status = 'paid' WHERE order_id = :waiting;

-- I2: its facts prove 0
DELETE FROM money_facts WHERE kind = 'captured';

-- I2: nobody is asked about it
UPDATE payments SET captured = 1 WHERE id = :payment;

-- I2: belongs to no payment
UPDATE money_facts SET payment_id = NULL WHERE kind = 'captured';

-- I3: told so 0 times
DELETE FROM events WHERE name = 'OrderPaid' AND order_id = :paid;

-- I3: told so 2 times
UPDATE events SET name = 'OrderPaid' WHERE seq = 2 AND order_id = :paid;

-- I3: is not paid, but told
UPDATE events SET name = 'OrderPaid' WHERE order_id = :waiting AND seq = 2;

-- I4: its lines add up to 9980, its total is 9981
UPDATE orders SET total = 9981 WHERE id = :paid;

-- I4: asks for 4989, its order for 4990
UPDATE payments SET amount = 4989 WHERE order_id = :waiting;

-- I4: is in EUR, its order in PLN
UPDATE payments SET currency = 'EUR' WHERE order_id = :waiting;

-- I4: is in EUR, its payment in PLN
UPDATE money_facts SET currency = 'EUR' WHERE kind = 'captured';

-- I4: is paid with 9979 of 9980
UPDATE payments SET captured = 9979 WHERE id = :payment;

-- I4: took 9981 for 9980
UPDATE payments SET captured = 9981 WHERE id = :payment;

-- I5: is failed with 9980 captured
UPDATE payments SET status = 'failed' WHERE id = :payment;

-- I5: pending, but no attempt is out
UPDATE payments SET status = 'failed' WHERE order_id = :waiting;

-- I5: open, but an attempt is out
UPDATE orders SET status = 'open' WHERE id = :waiting;

-- I5: without money and without a promise
UPDATE orders SET paid_by = NULL WHERE id = :paid;

-- I5: is stopped, closed by nobody
UPDATE orders SET closed_by = NULL WHERE id = :stopped;

-- I5: pending, closed by staff
UPDATE orders SET closed_by = 'staff' WHERE id = :waiting;

-- I5: cancelled, but not by staff
UPDATE orders SET status = 'cancelled' WHERE id = :stopped;

-- I5: is pending, its fulfilment shipped
UPDATE orders SET fulfilment = 'shipped' WHERE id = :waiting;

-- I5: its history ends with pending
UPDATE orders SET status = 'stopped' WHERE id = :waiting;

-- I5: without any history
DELETE FROM events WHERE name = 'PaymentStatusChanged';

-- I5: its history ends with done
UPDATE refunds SET status = 'refused';

-- I5: moved from pending to completed
UPDATE events SET payload = replace(payload, '"new":"validated"', '"new":"completed"')
  WHERE name = 'OrderStatusChanged';

-- I17: but was pending then
UPDATE events SET payload = replace(payload, '"old":"pending"', '"old":"open"')
  WHERE name = 'OrderStatusChanged' AND order_id = :stopped;

-- I17: but was new then
UPDATE events SET payload = replace(payload, '"old":"new"', '"old":"in_progress"')
  WHERE name = 'PaymentStatusChanged';

-- I5: moved from new to completed
UPDATE events SET payload = replace(payload, '"new":"hold"', '"new":"completed"')
  WHERE name = 'FulfilmentChanged';

-- I5: moved from requested to requested
UPDATE events SET payload = replace(payload, '"new":"done"', '"new":"requested"')
  WHERE name = 'RefundStatusChanged';

-- I5: moved from new to new
UPDATE events SET payload = replace(payload, '"new":"in_progress"', '"new":"new"')
  WHERE name = 'PaymentStatusChanged';

-- I17: but was hold then
UPDATE events SET payload = replace(payload, '"old":"hold"', '"old":"new"')
  WHERE name = 'FulfilmentChanged';

-- I17: but was requested then
UPDATE events SET payload = replace(payload, '"old":"requested"', '"old":"sent"')
  WHERE name = 'RefundStatusChanged';

-- I5: is pending without any history
DELETE FROM events WHERE name = 'OrderStatusChanged';

-- I5: is hold without any history
DELETE FROM events WHERE name = 'FulfilmentChanged';

-- I5: is done without any history
DELETE FROM events WHERE name = 'RefundStatusChanged';

-- I6: has -1 left
UPDATE stock SET available = -1;

-- I6: moved by -1, which should be -2
UPDATE stock_moves SET quantity = -1 WHERE order_id = :paid;

-- I6: moved by 1, which should be 0
UPDATE stock_moves SET quantity = quantity + 1 WHERE order_id = :stopped AND quantity < 0;

-- I6: and its goods are held
UPDATE orders SET stock = 'held' WHERE id = :stopped;

-- I6: and its goods are released
UPDATE orders SET stock = 'released' WHERE id = :waiting;

-- I6: and its goods are committed
UPDATE orders SET stock = 'committed' WHERE id = :waiting;

-- I7: a basket became 2 orders
UPDATE orders SET basket_id = (SELECT basket_id FROM orders WHERE id = :paid),
  basket_version = (SELECT basket_version FROM orders WHERE id = :paid)
  WHERE id = :waiting;

-- I7: its basket was not emptied
UPDATE baskets SET version = version - 1;

-- I8: refunded and reserved of 9980
UPDATE payments SET refunded = 9981 WHERE id = :payment;

-- I8: reserves 5, its open refunds are 0
UPDATE payments SET reserved = 5 WHERE id = :payment;

-- I8: its refunds that are done are 0
UPDATE refunds SET status = 'sent';

-- I8: gone back, its facts prove 0
DELETE FROM money_facts WHERE kind = 'refunded';

-- I8: 1 disputed, its facts prove 0
UPDATE payments SET charged_back = 1 WHERE id = :payment;

-- I8: lost 9998 of 9980
UPDATE payments SET charged_back = 9000 WHERE id = :payment;

-- I14: the same money fact
UPDATE money_facts SET kind = 'captured', account = 'pass', gateway_id = 'twice';

-- I14: the session of the gateway
UPDATE payments SET account = 'pass', gateway_reference = 'twice';

-- I14: the idempotency key
UPDATE payments SET idempotency_key = 'twice';

-- I14: the refund key
INSERT INTO refunds SELECT * FROM refunds;

-- I14: the event key twice is there 2 times
UPDATE callbacks SET event_key = 'twice', state = 'ignored';

-- I14: was never judged to the end
UPDATE callbacks SET judged_at = NULL;

-- I14: no exchange of its payment
DELETE FROM transactions;

-- I16: nothing tells so
UPDATE events SET name = 'OrderPlacedLater' WHERE seq = 1;

-- I16: a later one is delivered already
UPDATE events SET delivered_at = due_at WHERE seq = 3;

-- I17: numbered 2 to
DELETE FROM events WHERE seq = 1 AND order_id = :paid;

-- I17: counts 99 events
UPDATE orders SET event_seq = 99 WHERE id = :paid;

-- I18: no whole amount of a known currency
UPDATE orders SET currency = 'XXX' WHERE id = :paid;

-- I18: payment
UPDATE payments SET currency = 'XXX' WHERE id = :payment;

-- I18: refund k
UPDATE refunds SET currency = 'XXX';

-- I18: money fact
UPDATE money_facts SET currency = 'ABC' WHERE kind = 'refunded';
