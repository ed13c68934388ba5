serve-tls = Die Seiten erscheinen nur auf dieser Maschine (127.0.0.1): Auf { $host } bräuchten sie TLS. Erreichen Sie sie von anderswo durch einen verschlüsselten Tunnel.
serve-address = { $host } ist keine Adresse dieser Maschine: { $strerror }.
serve-port = Port { $port } ist belegt oder nicht erlaubt. Beenden Sie, was ihn nutzt, oder wählen Sie mit --port einen anderen.
