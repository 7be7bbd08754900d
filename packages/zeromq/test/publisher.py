"""A foreign publisher: publisher.py ENDPOINT COUNT pushes COUNT messages, every other one with headers."""
import json
import sys

import zmq

endpoint, count = sys.argv[1], int(sys.argv[2])
context = zmq.Context()
socket = context.socket(zmq.PUSH)
socket.connect(endpoint)
for number in range(count):
    body = json.dumps({"number": number}).encode()
    if number % 2 == 0:
        socket.send_multipart([b"org.example.python", body])
    else:
        headers = {"id": f"python-{number}", "word": "Grüße"}
        socket.send_multipart([b"org.example.python", json.dumps(headers).encode(), body])
socket.close()
context.term()
