"""A small server that plays the Hub on 127.0.0.1, enough of it for huggingface_hub's real client: files with etags and
commits, branches, gates, private repositories, failures on request, and commits that are pushed."""
import base64, hashlib, json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

class FakeHub:
    "`repos[id] = {'commits': {hash: {name: bytes}}, 'refs': {'main': hash}, 'gated': bool, 'private': bool}`"
    def __init__(self):
        self.repos, self.log, self.fail, self.pushed = {}, [], {}, {}
        hub = self
        class H(Handler): state = hub
        self.server = ThreadingHTTPServer(('127.0.0.1', 0), H)
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, repo, files, ref='main', **flags):
        commit = hashlib.sha1(repr((repo, ref, sorted(files.items()))).encode()).hexdigest()
        r = self.repos.setdefault(repo, dict(commits={}, refs={}, **flags))
        r['commits'][commit] = {k: v if isinstance(v, bytes) else v.encode() for k, v in files.items()}
        r['refs'][ref] = commit
        return commit

    def close(self): self.server.shutdown(); self.server.server_close()

class Handler(BaseHTTPRequestHandler):
    protocol_version, state = 'HTTP/1.1', None
    def log_message(self, *a): pass

    def reply(self, code, body=b'', **headers):
        body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        self.send_response(code)
        for k, v in headers.items(): self.send_header(k.replace('_', '-'), v)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD': self.wfile.write(body)

    def error(self, code, kind, text): self.reply(code, dict(error=text), X_Error_Code=kind, X_Error_Message=text)

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        self.state.log.append((self.command, path))
        if self.state.fail.get('count', 0) > 0:
            self.state.fail['count'] -= 1
            return self.reply(self.state.fail['code'], b'{}')
        if '/resolve/' in path: return self.resolve(*path[1:].split('/resolve/', 1))
        if path.startswith('/api/models/'): return self.info(path[len('/api/models/'):])
        self.reply(404, b'{}')
    do_HEAD = do_GET

    def allowed(self, repo):
        r, token = self.state.repos.get(repo), self.headers.get('Authorization', '')
        if r is None or r.get('private') and token != 'Bearer hf_good': self.error(401 if r is None else 404, 'RepoNotFound', 'Repository not found')
        elif r.get('gated') and token != 'Bearer hf_good': self.error(401, 'GatedRepo', 'Access is restricted')
        else: return r

    def resolve(self, repo, rest):
        if (r := self.allowed(repo)) is None: return
        ref, name = rest.split('/', 1)
        commit = r['refs'].get(ref, ref)
        if commit not in r['commits']: return self.error(404, 'RevisionNotFound', 'Revision not found')
        data = r['commits'][commit].get(name)
        if data is None:
            return self.reply(404, b'{}', X_Error_Code='EntryNotFound', X_Repo_Commit=commit)
        etag = hashlib.sha256(data).hexdigest()
        self.reply(200, data, ETag=f'"{etag}"', X_Repo_Commit=commit, Content_Type='application/octet-stream', Accept_Ranges='bytes')

    def info(self, rest):
        repo = '/'.join(rest.split('/')[:2])
        if (r := self.allowed(repo)) is None: return
        tail = rest[len(repo):].strip('/').split('/')
        commit = r['refs'].get(tail[1] if len(tail) > 1 else 'main', tail[1] if len(tail) > 1 else 'main')
        if commit not in r['commits']: return self.error(404, 'RevisionNotFound', 'Revision not found')
        files = r['commits'][commit]
        if tail[0] == 'tree':
            return self.reply(200, [dict(type='file', path=n, size=len(b), oid=hashlib.sha1(b).hexdigest()) for n, b in files.items()])
        self.reply(200, dict(id=repo, modelId=repo, sha=commit, private=False, siblings=[dict(rfilename=n) for n in files]))

    def do_POST(self):
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.state.log.append((self.command, path))
        if self.headers.get('Authorization') != 'Bearer hf_good': return self.error(401, 'Unauthorized', 'Invalid token')
        if path == '/api/repos/create':
            d = json.loads(body)
            repo = '/'.join(filter(None, [d.get('organization') or 'me', d['name']]))
            self.state.repos.setdefault(repo, dict(commits={'0'*40: {}}, refs={'main': '0'*40}))
            return self.reply(200, dict(url=f'{self.state.url}/{repo}', id=repo, name=repo))
        repo = '/'.join(path.split('/')[3:5])
        if path.endswith('/preupload/main') or '/preupload/' in path:
            return self.reply(200, dict(files=[dict(path=f['path'], uploadMode='regular', shouldIgnore=False) for f in json.loads(body)['files']]))
        if '/commit/' in path:
            lines = [json.loads(l) for l in body.splitlines() if l.strip()]
            files = {l['value']['path']: base64.b64decode(l['value']['content']) for l in lines if l['key'] == 'file'}
            head = next(l['value'] for l in lines if l['key'] == 'header')
            self.state.pushed.setdefault(repo, []).append(dict(message=head['summary'], files=files, ref=path.rsplit('/', 1)[1], query=urlsplit(self.path).query))
            commit = self.state.add(repo, files, ref=path.rsplit('/', 1)[1])
            return self.reply(200, dict(success=True, commitOid=commit, commitUrl=f'{self.state.url}/{repo}/commit/{commit}', pullRequestUrl=None))
        if '/branch/' in path: return self.reply(200, {})
        self.reply(404, b'{}')
