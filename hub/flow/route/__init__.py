"""Route: signals and commands become incidents and notifications; the deliverer sends those."""

from hub.flow.route.couriers import Couriers
from hub.flow.route.deliver import Deliverer
from hub.flow.route.stage import Route

__all__ = ["Couriers", "Deliverer", "Route"]
