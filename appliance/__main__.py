"""`python -m appliance` is the `appliance` command."""

from appliance.entrypoint import main

main()
