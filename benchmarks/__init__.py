"""The figures of this system on this machine; `python -m benchmarks` prints them."""
