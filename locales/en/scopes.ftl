# What an app may do with a scope, after “Booking App would like to:”
scope-openid = Recognise you when you sign in
scope-profile = See your profile: your name, your picture and similar details
scope-email = See your email address
scope-phone = See your phone number
scope-address = See your postal address
scope-roles = See your role and your permissions
scope-offline-access = Keep this access while you are not using it
