"""Comment feeds as formats: their readers, and what every one of them is read by. Shared by all adapters."""
