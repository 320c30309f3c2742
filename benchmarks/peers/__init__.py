"""The programs we are measured beside; each lives in an environment of its own under benchmarks/.peers."""
