"""Stand-ins for the outside world on loopback; they know nothing of the product's modules."""
