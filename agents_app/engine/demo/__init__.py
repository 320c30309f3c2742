"""What the offline demo model knows: reading data blocks and results, and the moves of each role. All pure."""
