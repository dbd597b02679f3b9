"""What a plugin may import, together with ``hub.domain``.

``hookspecs`` lists every hook on one screen; each other module is the Protocol of one plug.
Nothing here imports a data engine: plugins do that inside their runners.
"""

API_VERSION = 1
