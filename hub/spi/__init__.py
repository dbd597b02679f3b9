"""What a plugin may import, with hub.domain: protocols and hooks. No implementation lives here."""
