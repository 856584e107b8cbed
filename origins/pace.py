"""How quickly a line and a chat may send: one clock for all workers, in Redis (GCRA). Without Redis nobody is held."""

from redis import RedisError

from live.feed import feed
from origins.models import Origin

# For each key: the time at which its next message would be due if all went evenly (`tat`), in ms.
# Either all of them let it pass, and all count it, or none does and the longest wait is returned.
_ADMIT = """
local at = redis.call('TIME')
local now = at[1] * 1000 + math.floor(at[2] / 1000)
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if held > now then return held - now end
local wait, due = 0, {}
for i = 2, #KEYS do
    local gap, burst = tonumber(ARGV[i * 2 - 3]), tonumber(ARGV[i * 2 - 2])
    local tat = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now)
    wait = math.max(wait, math.ceil(tat + gap - burst * gap - now))
    due[i] = {tat + gap, math.ceil(burst * gap + gap) + 1000}
end
if wait > 0 then return wait end
for i = 2, #KEYS do redis.call('SET', KEYS[i], due[i][1], 'PX', due[i][2]) end
return 0
"""


def wait(origin: Origin, chat_pk: int) -> float:
    """Seconds until the next message of this chat may leave; 0: now, and it is counted."""
    can = origin.can
    keys, args = [f"rate:held:{origin.pk}"], []
    for key, rate, burst in (
        (f"rate:line:{origin.pk}", can.line_rate, can.line_burst),
        (f"rate:chat:{chat_pk}", can.chat_rate, can.chat_burst),
    ):
        if rate:
            keys.append(key)
            args += [1000 / rate, burst]
    if len(keys) == 1 and not can.line_rate:
        return 0
    try:
        return float(feed().redis.eval(_ADMIT, len(keys), *keys, *args)) / 1000
    except RedisError:
        return 0


def hold(origin: Origin, seconds: float) -> None:
    """The network asked the whole line to wait."""
    try:
        until = int(feed().redis.time()[0] * 1000 + seconds * 1000)
        feed().redis.set(f"rate:held:{origin.pk}", until, px=max(int(seconds * 1000), 1))
    except RedisError:
        return
