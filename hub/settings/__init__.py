"""Settings and the catalog: read once, from files, then the environment; whole or refused.

The only reader of ``os.environ``. Everything else is handed a ``Settings`` or a ``Catalog``.
"""

from hub.settings.catalog_files import load_catalog
from hub.settings.contract_files import bind_contract, check_contract
from hub.settings.load import Loaded, load_settings
from hub.settings.locations import contracts_folder, migrations_folder
from hub.settings.secrets import client_key, fill_secrets
from hub.settings.tree import ApiKey, AuthSettings, IntakeSettings, ServeSettings, Settings

__all__ = [
    "ApiKey",
    "AuthSettings",
    "IntakeSettings",
    "Loaded",
    "ServeSettings",
    "Settings",
    "bind_contract",
    "check_contract",
    "client_key",
    "contracts_folder",
    "fill_secrets",
    "load_catalog",
    "load_settings",
    "migrations_folder",
]
