# What the door refuses
web-host = The appliance does not answer under this name. Open http://127.0.0.1 or http://localhost with the port that was announced when the server started.
web-authorization = Only the session cookie signs you in here. Remove the Authorization header.
web-path = No page of the appliance has an address like this.
web-origin = The request does not come from the appliance's own pages, so it was refused. Reload the page and try again.
web-forgery = { web-origin }
web-session = You are not signed in. Sign in first.
web-session-over = Your session has ended. Sign in again.
web-password = Choose your own password first.
web-haste = Too many people are signing in right now. Wait a minute and try again.
web-closed = This page does not exist.
web-absent = { web-closed }
web-size = The page sent more than is allowed. Shorten the text.
web-size-form = The form is too long.
web-event = What the page sent could not be read. Reload the page.
web-file = What a page sends must not name a file.
fault-reference = Something went wrong in the appliance itself. Nothing was lost. Give the operator this reference number: { $reference }.

# What is sent to it
input-form-incomplete = The form is incomplete. Fill it in again.
input-form-unreadable = The form could not be read. Fill it in again.
input-passwords-differ = The two new passwords differ. Type them again.
input-same-password = The new password is the same as the current one. Choose another.
input-file-name = The file needs a name of at most { $max_name_characters } characters.
operation-parameters-not-an-object = The parameters are not a JSON object.
operation-parameters-too-long = The parameters are too long.

# Small pages
gateway-brand = Fine-tuning appliance
gateway-refused = Not possible
gateway-back = Back to the start
gateway-sealed-title = The vault is sealed
gateway-sealed = Its keys are not in memory, so nobody can sign in. The operator can open it with `appliance unseal`.
gateway-starting-title = Starting
gateway-starting = The pages are being prepared. This takes a few seconds.
gateway-failed-title = The pages could not be started
gateway-failed = The operator can find the reason where the server was started.
gateway-announced = The pages are at { $address } (Ctrl+C stops the server).

# Sign in, choose a password
gateway-sign-in = Sign in
gateway-name = Name
gateway-password = Password
gateway-account = The operator of this appliance can give you an account.
gateway-password-title = Your password
gateway-password-one-time = Your password was set by someone else. Choose your own now; nobody else will know it.
gateway-password-own = Choose a new password.
gateway-current-password = Current password
gateway-new-password = New password (at least { $min_characters } characters)
gateway-new-password-again = New password again
gateway-save-password = Save the new password
gateway-sign-out = Sign out
