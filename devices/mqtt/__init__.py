"""MQTT 5 on the asyncio loop: paho-mqtt speaks the protocol, asyncio carries the bytes; no thread anywhere.

What the agent relies on: a message is acknowledged only after its handler has returned; acknowledgements
leave in the order of receipt; messages of one topic are handled one after another, those of different topics
at the same time; a publication is either acknowledged by the broker or still waited for.
"""

from devices.mqtt.client import PublishError, Will
from devices.mqtt.inbox import Message
from devices.mqtt.link import MqttLink

__all__ = ["Message", "MqttLink", "PublishError", "Will"]
