serve-tls = The pages are served on this machine alone (127.0.0.1): on { $host } they would need TLS. Reach them from elsewhere through an encrypted tunnel.
serve-address = { $host } is not an address of this machine: { $strerror }.
serve-port = Port { $port } is taken or not allowed. Stop what uses it, or choose another with --port.
