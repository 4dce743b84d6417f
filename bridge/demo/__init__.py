"""`backchat demo`: a real blog, the web room and Backchat itself on this machine, and a story that checks them."""
