# Mailed links
link-used-title = This link was already used
link-expired-title = This link is too old
link-withdrawn-title = We sent you a newer link
link-unknown-title = This link doesn’t work
link-withdrawn = Another message was asked for after this one. Use the link in the newest message.
link-unknown = Part of it may be missing. Open the link straight from the message, or copy it whole.
link-again = Send me a new link
link-verify-email = Confirm your email address
    .text = Press the button to confirm that { $email } is your address.
    .plain = Press the button to confirm that this is your address.
    .button = Confirm my address
    .used = If it was you who used it, your address is confirmed: sign in.
    .expired = Have a new one sent to the same address.
link-reset-password = Choose a new password
    .text = Press the button to choose a new password for { $email }.
    .plain = Press the button to choose a new password.
    .button = Choose a new password
    .used = If it was you who used it, sign in with your new password. If not, have a new link sent and choose another one.
    .expired = For your safety it was good for a short time only. Have a new one sent.
link-change-email = Confirm your new email address
    .text = Press the button to sign in with { $email } from now on.
    .plain = Press the button to sign in with this address from now on.
    .button = Use this address
    .used = If it was you who used it, your new address is in use: sign in with it.
    .expired = Sign in with the address that you have now, and ask for the change again.
link-undo-email-change = Keep your email address
    .text = Press the button to go back to { $email } as the address of your account. This is for a change that you did not ask for: every session ends, the password no longer works, and second factors that came in the days before the change, or since, are taken off.
    .plain = Press the button to go back to this address as the one of your account. This is for a change that you did not ask for: every session ends, the password no longer works, and second factors that came in the days before the change, or since, are taken off.
    .button = Keep this address
    .used = The change was undone. Sign in with the address that this message was sent to. If your password no longer works, choose a new one by “Forgot your password?”.
    .expired = The time in which the change could be undone is over. Contact whoever runs this service.
link-restore-account = Restore your account
    .text = Press the button to undo the deletion of { $email }.
    .plain = Press the button to undo the deletion of your account.
    .button = Restore my account
    .used = If it was you who used it, your account is back: sign in.
    .expired = The time in which your account could be restored is over.

# Creating an account
create-account = Create an account
create-account-for = Create an account for { $app }
create-account-email-hint = We send a message there to confirm that it is yours.
create-account-given-name = First name (optional)
create-account-family-name = Last name (optional)
create-account-submit = Create my account
create-account-known = Do you have an account?
new-password-hint = At least 8 characters. A few words that don’t belong together are easy to remember and hard to guess.
password-missing = Enter a password
email-malformed = Enter a whole email address, such as name@example.com
email-too-long = Enter an email address of at most 100 characters
registration-busy = Many people are using this service at this moment. Wait a few seconds, then try again.
registration-verified = Your address is confirmed. Sign in to go on.
registration-reset-done = Your password is set, and every other session has ended. Sign in with the new password.

# Look into your mail
check-mail = Check your mail
check-mail-verify = We have sent a message to { $email }. Open the link in it to confirm that the address is yours. If you have an account already, the message says how to get into it.
check-mail-verify-anywhere = We send a message to the address that you entered. Open the link in it to confirm that the address is yours.
check-mail-reset = If there is an account with { $email }, we have sent it a message. Open the link in it to choose a new password.
check-mail-reset-anywhere = If there is an account with the address that you entered, we send it a message. Open the link in it to choose a new password.
check-mail-valid = The link is good for { $time }, and for one use.
check-mail-nothing = No message?
check-mail-look = It can take a few minutes. Look in your spam folder too, and check the address. We send only a few messages in a row to one address: if you have asked several times, wait half an hour.
check-mail-again = Send it again
check-mail-again-done = If there is something to send, it is on its way. Only the newest link is good.
check-mail-other = Enter another address

# A forgotten password
forgot-password = Forgot your password?
forgot-password-text = Enter the address of your account. We send a link there with which you choose a new password.
forgot-password-submit = Send me a link
forgot-password-back = Back to sign-in
reset-password-for = This will be the new password of { $email }.
reset-password-new = New password
reset-password-effect = Everybody who is signed in to your account, apps included, is signed out. Your second factors stay as they are.
reset-password-email-uncounted = After that, codes by email do not count when you sign in: have another second factor or a recovery code at hand. Without one, only those who run { $brand } can let you in.
reset-password-submit = Set the new password
