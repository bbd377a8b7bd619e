# Second factors: the list
factors-title = Second factors
factors-intro = A second factor keeps others out even if they learn your password. You can have several; any one of them is enough to sign in.
factors-app-wants = { $app } asks for a second factor. Add one to go on; you will then return to the app.
factors-app-wants-passkey = { $app } asks for a sign-in that nobody can imitate: by a passkey. A code from an app or a mail is not enough for it. Add a passkey to go on; you will then return to the app.
factors-demanded = Your role asks for a second factor. Add one to go on.
factors-none = You have no second factor: only your password protects the account.
factors-kind-totp = Authenticator app
factors-kind-passkey = Passkey
factors-kind-email = Codes by email
factors-added = Added on { $date }
factors-used = last used on { $date }
factors-unused = not used yet
factors-rename = Rename
factors-remove = Remove
factors-add = Add a second factor
factors-add-passkey = Passkey
factors-add-passkey-why = Your fingerprint, face, PIN or security key. The safest way, and it also signs you in without your password.
factors-add-totp = Authenticator app
factors-add-totp-why = An app on your phone that shows a new code every 30 seconds.
factors-add-email = Codes by email
factors-add-email-why = We mail you a code at each sign-in. Only as safe as your mailbox.
factors-password-from-mail = Your password was set by a link that we mailed you, so a code by email would prove the same thing twice. Codes by email count again once you change your password here.
factors-change-password = Change the password
factors-lost = If you lose one
factors-lost-none = Nothing to lose yet. When you add a second factor, you get recovery codes to keep for the day when you lose it.
factors-lost-no-codes = Sign in with another factor, remove the lost one here and add a new one. You have no recovery codes left: if you lose everything, only an administrator can let you in again. Make new codes now.
factors-lost-codes = Sign in with another factor, or with one of your recovery codes. Then remove the lost one here, and add a new one.
factors-codes-left = { $n ->
    [0] No recovery code is left
    [one] { $n } recovery code is left
   *[other] { $n } recovery codes are left
}
factors-back = Back to second factors
factors-name = Name
factors-code = Code of six digits

# An authenticator app
factors-totp-title = Add an authenticator app
factors-totp-scan = Scan this image with your authenticator app.
factors-totp-qr = QR code with the key of your account
factors-totp-open = On this device already? Open the app
factors-totp-type = Or type in this key:
factors-name-totp-hint = So that you recognise it in the list
factors-totp-confirm = Confirm the code

# A passkey
factors-passkey-title = Add a passkey
factors-passkey-text = Your browser will ask where to keep the passkey: on this device, on your phone, or on a security key.
factors-name-passkey-hint = So that you recognise it in the list. For example, the device it is kept on
factors-passkey-make = Create the passkey
factors-passkey-missing = This browser cannot make passkeys, or its JavaScript is off. Use another browser, or add an authenticator app.
factors-passkey-missing-app = This browser cannot make passkeys, or its JavaScript is off. Open { $app } in another browser, or go back to it without a passkey.
factors-passkey-failed-app = No passkey was made. Try again, or go back to { $app }.
factors-passkey-nowhere-app = This server cannot use passkeys, because it has no domain name. You can only go back to { $app }.
factors-passkey-failed = No passkey was made. Try again, or choose another second factor.
factors-passkey-known = This device or security key has a passkey for your account already.
factors-passkey-refused = The passkey was not accepted. Try again.
factors-passkey-nowhere = This server cannot use passkeys, because it has no domain name. Add another second factor.

# Codes by email
factors-email-title = Turn on codes by email
factors-email-text = To make sure that our mail reaches you, we send a code to { $email }. After that, we mail you one at each sign-in where you choose it.
factors-email-send = Mail me a code
factors-email-again = Mail me another code
factors-email-sent = We mailed a code of six digits to { $email }. It is good for ten minutes.
factors-email-confirm = Turn on codes by email
factors-email-on = Codes by email are on already.

# Recovery codes
factors-codes-title = Recovery codes
factors-codes-text = Each recovery code replaces your second factor once, for the day when you lose it.
factors-codes-void = Once you make new codes, the ones you have no longer work.
factors-codes-make = Make new recovery codes
factors-codes-new = Show the new codes
factors-codes-impossible = You have no second factor that a recovery code could replace. You get codes when you add one.
factors-new-codes-title = Keep your recovery codes
factors-new-codes-text = If you lose your second factor, each of these codes lets you in once. Print this page or save the codes where only you find them: once you go on, they are not shown again.
factors-codes-download = Save the codes as a text file
factors-codes-file = Recovery codes. Each works once.
factors-codes-for = For { $email } at { $brand }, made on { $date }
factors-codes-file-name = recovery-codes.txt
factors-codes-kept = I have kept the codes
factors-codes-kept-app = I have kept the codes: back to { $app }

# Renaming and removing
factors-rename-title = Rename a second factor
factors-rename-save = Save the name
factors-remove-title = Remove “{ $label }”?
factors-remove-text = It will no longer let you sign in. Your other second factors stay.
factors-remove-last = It is your only second factor. Without it, only your password protects the account, and your recovery codes are deleted too.
factors-remove-yes = Remove
factors-remove-no = Keep it

# What was done, and what went wrong
factors-done-totp = The authenticator app is added.
factors-done-passkey = The passkey is added.
factors-done-email = Codes by email are on.
factors-done-repeated = This passkey was added already, and works.
factors-done-renamed = The name is saved.
factors-done-removed = The second factor is removed.
factors-code-empty = Enter the code
factors-code-wrong = This code is wrong. Enter the current one.
factors-over = This setup took too long, had too many wrong codes, or is done already. If the factor is missing from the list, begin again.
factors-too-many = You have as many second factors as possible. Remove one first.
factors-name-bad = Enter a name of at most 80 characters
factors-last-demanded = Your role asks for a second factor, and this is your only one. Add another one first.
factors-gone = This second factor was removed already.
