# Downloading everything
export-text = You get one file with everything that we hold about you: your profile, your sessions, the apps you connected, what protects your account, and its history. Passwords and other secrets are not in it.
export-keep = Keep the file where only you can read it.
export-button = Download my data

# Deleting the account
delete-text = If you delete your account:
delete-signs-out = You are signed out everywhere at once, and nobody can sign in.
delete-apps = Apps lose their access to your account.
delete-undo = You can undo it until { $date }: we mail you a link for that.
delete-erased = After that, everything that says who you were is erased for good.
delete-export-first = Download your data first
delete-sure-title = Do you want to delete your account?
delete-sure-text = The account { $email } will be deleted.
delete-yes = Yes, delete my account
delete-no = No, keep it
deleted-title = Your account is deleted
deleted-text = You are signed out everywhere.
deleted-undo = You can undo it until { $date }, by the link that we mailed to you.
restored-title = Your account is back
restored-text = Everything is as it was. Sign in to use it; apps may ask for access again.
