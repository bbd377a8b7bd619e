# Ce qu’une portée permet à une application, après « Booking App souhaite : »
scope-openid = Vous reconnaître quand vous vous connectez
scope-profile = Voir votre profil : votre nom, votre photo et d’autres informations de ce type
scope-email = Voir votre adresse e-mail
scope-phone = Voir votre numéro de téléphone
scope-address = Voir votre adresse postale
scope-roles = Voir votre rôle et vos autorisations
scope-offline-access = Conserver cet accès quand vous ne l’utilisez pas
