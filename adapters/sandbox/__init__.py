"""The other side of the wire: plays the gateways, imports nothing of ours."""
