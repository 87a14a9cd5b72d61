"""With this folder on PYTHONPATH a Python process can reach this machine only: every other address is refused at the
socket. `tests/conftest.py` installs it in pytest itself and hands it to the processes that tests start."""
import socket

LOCAL = ('127.', '::1', 'localhost', '0.0.0.0')
connect, connect_ex, sendto, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo

class NetworkBlocked(OSError): "A test tried to leave this machine."

def allowed(host): return host in (None, '') or str(host).startswith(LOCAL)

def guard(original):
    def checked(self, *args):
        address = args[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not allowed(address[0]):
            raise NetworkBlocked(f'the tests may not reach {address[0]}: this run is offline')
        return original(self, *args)
    return checked

def lookup(host, *args, **kwargs):
    if not allowed(host.decode() if isinstance(host, bytes) else host):
        raise socket.gaierror(socket.EAI_NONAME, f'the tests may not look up {host}: this run is offline')
    return getaddrinfo(host, *args, **kwargs)

def block():
    "Refuse every address but this machine's own, from now on, in this process."
    socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto = map(guard, (connect, connect_ex, sendto))
    socket.getaddrinfo = lookup

block()
