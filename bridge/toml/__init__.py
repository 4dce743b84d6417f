"""Configuration files: TOML that is read key by key, where every problem is told with its line and its key path."""
