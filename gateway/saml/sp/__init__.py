"""The gateway as a service provider towards schools' identity providers."""
