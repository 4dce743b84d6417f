"""What doubles of platforms are made of: time, faults, waiting, serving, and the frame of the page that shows them.

An adapter's double is its platform on loopback, for `backchat demo` and for tests. What is not the platform's own is
here. Nothing that the daemon runs imports these modules, and they import nothing of Backchat: a double computes for
itself what an adapter computes too, so that each is a check of the other.
"""
