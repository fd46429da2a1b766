name = "app/@NAME@"

version = "0.1.0"
