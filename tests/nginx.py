"""nginx before several web processes of this machine."""

from tests.install_programs import need

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  client_max_body_size 64m;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream wittyagent {{ {servers} keepalive 32; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://wittyagent;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_read_timeout 75s;
    }}
  }}
}}
"""


def front_command(folder, port, ports):
    """The command that starts it at this port, with its configuration in `folder`: each request goes to the next of
    the others."""
    folder.mkdir(exist_ok=True)
    # it works as another user where it was started by root
    folder.chmod(0o777)
    servers = " ".join(f"server 127.0.0.1:{one} max_fails=0;" for one in ports)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, servers=servers, port=port))
    return [need("nginx"), "-c", str(folder / "nginx.conf")]
