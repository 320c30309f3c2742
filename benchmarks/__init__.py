"""What docs/performance.md says, measured: a script a promise, each beside the peer it is compared with."""
