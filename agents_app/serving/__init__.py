"""Starting, serving and stopping the product in one process."""
