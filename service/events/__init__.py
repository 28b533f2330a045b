"""Events (事件): what happens to petitions, models and alarms, told to other systems by webhooks.

outbox         writes an event in the transaction of what happened
overdue        finds deadlines that have passed
subscriptions  who wants to be told, with which secret
deliveries     events on their way: spread, claimed by a process, tried, delivered, dead
records        what became of them: counted, shown, sent again, forgotten
dispatcher     the thread that sends them
envelope       what is sent: a CloudEvent, masked as the webhook asks for
addresses      where it may be sent to
sending        one request
"""

from service.events.kinds import Kind
from service.events.outbox import alarm_raised, emit, model_promoted

__all__ = ["Kind", "alarm_raised", "emit", "model_promoted"]
