"""What repeats across gateways: outgoing HTTP, signing, field encodings."""
