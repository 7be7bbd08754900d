#!/usr/bin/env python3
"""Publishes messages to a Penstock hub and sends again what got no reply, until the hub has acknowledged all of them.

Needs pyzmq: pip install pyzmq, or Debian's python3-zmq. The protocol is in docs/zeromq.md.
"""
import argparse
import json
import sys
import time
import uuid

try:
    import zmq
except ImportError:
    sys.exit("publish.py needs pyzmq: pip install pyzmq, or Debian's python3-zmq")

# Replies to these say that the message can never be taken as it is; all others, that it is worth sending again.
REFUSALS = {b"FRAMES_INVALID", b"ID_INVALID", b"TOPIC_INVALID", b"HEADERS_INVALID", b"MESSAGE_TOO_LARGE"}
PROGRESS_SECONDS = 1
# A hub that does not answer at all is asked less and less often.
LONGEST_PATIENCE_SECONDS = 60


class Publisher:
    """Keeps each message until it is acknowledged, and at most `window` of them."""

    def __init__(self, endpoint, window, resend_seconds, acknowledged):
        """`acknowledged` is called with the id and the position of each message once the hub has committed it."""
        self._endpoint = endpoint
        self._window = window
        self._resend_seconds = self._patience = resend_seconds
        self._acknowledged = acknowledged
        self._context = zmq.Context()
        self._unanswered = {}  # id -> (when it was sent, frames); a dict keeps the order, so the oldest is first
        self.resent = 0
        self.refused = 0
        self._connect()

    def publish(self, message_id, topic, headers, body):
        """Sends one message, and waits first while the window is full."""
        while len(self._unanswered) >= self._window:
            self._receive()
        self._send([message_id, topic, json.dumps(headers).encode() if headers else b"", body])

    def flush(self):
        """Waits until nothing is unanswered."""
        while self._unanswered:
            self._receive()

    def close(self):
        self._socket.close()
        self._context.term()

    def _connect(self):
        self._socket = self._context.socket(zmq.DEALER)
        # What ZeroMQ holds is bounded by the window already.
        self._socket.sndhwm = self._socket.rcvhwm = 0
        self._socket.linger = 0
        self._socket.connect(self._endpoint)

    def _send(self, frames):
        self._unanswered[frames[0]] = (time.monotonic(), frames)
        self._socket.send_multipart(frames)

    def _receive(self):
        """Takes the replies that are there; waits where there are none, and at the end of its patience sends again."""
        oldest, _ = next(iter(self._unanswered.values()))
        wait = oldest + self._patience - time.monotonic()
        if self._socket.poll(max(0, wait * 1000)) == 0:
            self._send_all_again()
            return
        self._patience = self._resend_seconds
        again = []
        try:
            while True:
                again += self._take(*self._socket.recv_multipart(zmq.NOBLOCK))
        except zmq.Again:
            pass
        if again:
            # The hub could not take them now, since it has no room or is stopping: it will, but not at once.
            time.sleep(min(1, self._resend_seconds))
            for frames in again:
                self.resent += 1
                self._send(frames)

    def _take(self, message_id, status, detail):
        """Takes note of one reply; returns the frames to be sent again, if any, in a list."""
        if message_id not in self._unanswered:
            return []  # sent twice, answered twice
        _, frames = self._unanswered.pop(message_id)
        if status == b"ok":
            self._acknowledged(message_id, int(detail))
        elif detail in REFUSALS:
            self.refused += 1
            print(f"refused: {message_id.decode()}: {detail.decode()}", file=sys.stderr)
        else:
            return [frames]
        return []

    def _send_all_again(self):
        """Everything unanswered, over a new connection: what the old socket still holds must not come as well."""
        self._patience = min(2 * self._patience, max(self._resend_seconds, LONGEST_PATIENCE_SECONDS))
        self._socket.close()
        self._connect()
        for _, frames in list(self._unanswered.values()):
            self.resent += 1
            self._send(frames)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", default="tcp://127.0.0.1:9942", help="where the hub's ROUTER listens (%(default)s)")
    parser.add_argument("--count", type=whole_number, default=1000, help="how many messages to publish (%(default)s)")
    parser.add_argument("--topic", default="org.example.orders.placed", help="their topic (%(default)s)")
    parser.add_argument(
        "--window", type=whole_number, default=1000, help="how many may be unanswered at once (%(default)s)"
    )
    parser.add_argument(
        "--resend-seconds",
        type=seconds,
        default=5.0,
        help="how long a message may be unanswered before all that are unanswered are sent again (%(default)s)",
    )
    parser.add_argument("--acknowledged", metavar="FILE", help="append the id of each acknowledged message to FILE")
    return parser.parse_args()


def whole_number(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def seconds(text):
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError("must be over 0")
    return number


def main():
    arguments = parse_arguments()
    log = open(arguments.acknowledged, "a", buffering=1) if arguments.acknowledged else None
    done = 0
    next_line = time.monotonic() + PROGRESS_SECONDS

    def acknowledged(message_id, _position):
        nonlocal done, next_line
        done += 1
        if log:
            print(message_id.decode(), file=log)
        if time.monotonic() > next_line:
            next_line = time.monotonic() + PROGRESS_SECONDS
            print(f"acknowledged: {done} of {arguments.count}", flush=True)

    try:
        publisher = Publisher(arguments.endpoint, arguments.window, arguments.resend_seconds, acknowledged)
    except zmq.ZMQError as error:
        sys.exit(f"publish.py: cannot connect to {arguments.endpoint}: {error}")
    # Ids must never come again for another message: hence one that is new for each run in front of the number.
    run = uuid.uuid4().hex
    for number in range(1, arguments.count + 1):
        body = json.dumps({"order": number}).encode()
        publisher.publish(f"{run}-{number}".encode(), arguments.topic.encode(), {"source": "publish.py"}, body)
    publisher.flush()
    publisher.close()
    if log:
        log.close()
    print(f"acknowledged: {done} of {arguments.count}; sent again: {publisher.resent}; refused: {publisher.refused}")
    return 0 if publisher.refused == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
