"""Every request that tapewire makes."""
