# L’espace du compte : la liste de ses pages
account-title = Votre compte
account-overview = Vue d’ensemble
account-profile = Profil
account-password = Mot de passe
account-email = Adresse e-mail
account-factors = Seconds facteurs
account-sessions = Sessions
account-history = Historique
account-apps = Applications connectées
account-data = Télécharger mes données
account-delete = Supprimer mon compte
account-skip = Aller au menu du compte

# Tous les formulaires
form-expired = Cette page est restée ouverte trop longtemps, ou vous avez ouvert ou fermé une session dans un autre onglet. Votre saisie est conservée : vérifiez-la, puis envoyez-la de nouveau.
form-other-person = Une autre personne s’est connectée depuis l’ouverture de cette page : rien n’a été fait. Vous voyez maintenant le compte de la personne connectée.

# Une session qui se termine au milieu d’un formulaire
ended-title = Votre session est terminée
ended-text = Rien n’est encore enregistré et rien de votre saisie n’est perdu : cette page la conserve. Connectez-vous de nouveau dans un nouvel onglet.
ended-confirm = Ce changement exige une connexion récente. Rien de votre saisie n’est perdu : cette page la conserve. Connectez-vous de nouveau dans un nouvel onglet.
ended-then = Revenez ensuite sur cette page et continuez.
ended-go-on = C’est fait : continuer

# Le profil
profile-text = Les applications ne voient ces informations que si vous l’autorisez. Chaque champ peut rester vide.
profile-done = Votre profil est enregistré.
profile-save = Enregistrer
profile-names = Noms
profile-name = Nom complet
profile-name-hint = Tel qu’il doit être affiché
profile-given-name = Prénom
profile-middle-name = Deuxième prénom
profile-family-name = Nom de famille
profile-nickname = Surnom
profile-preferred-username = Nom d’utilisateur préféré
profile-preferred-username-hint = Le nom que les applications peuvent vous donner. Vous vous connectez toujours avec votre adresse e-mail.
profile-person = À propos de vous
profile-gender = Genre
profile-birthdate = Date de naissance
profile-birthdate-hint = Par exemple, 10 12 1990. L’année seule suffit, ou le jour et le mois.
profile-day = Jour
profile-month = Mois
profile-year = Année
profile-picture = Photo
profile-url-hint = Une adresse web complète, avec https
profile-profile = Page de profil
profile-website = Site web
profile-place = Langue et contact
profile-locale = Langue
profile-not-told = Non précisée
profile-zoneinfo = Fuseau horaire
profile-zoneinfo-hint = Par exemple, Europe/Paris
profile-phone-number = Numéro de téléphone
profile-phone-number-hint = Avec l’indicatif du pays. Par exemple, +33 1 23 45 67 89
profile-phone-verified = Ce numéro a été vérifié. Un nouveau numéro ne le sera pas.
profile-address = Adresse postale
profile-street-address = Numéro et rue
profile-postal-code = Code postal
profile-locality = Ville
profile-region = Région ou État
profile-country = Pays

# Ce qui ne va pas dans un champ du profil
profile-problem = { $label } : { $text }
profile-too-long = limitez la saisie à { $n } caractères
profile-bad-characters = supprimez les caractères invisibles
profile-bad-url = saisissez une adresse web complète, avec https ou http
profile-bad-date = saisissez une date qui existe, comme 10 12 1990
profile-date-in-future = saisissez une date passée
profile-bad-date-json = écrivez-la sous la forme AAAA-MM-JJ, 0000-MM-JJ sans l’année, ou AAAA pour l’année seule
profile-bad-zone = saisissez le nom d’un fuseau horaire, comme Europe/Paris
profile-bad-language = saisissez le code d’une langue, comme fr ou en-GB
profile-bad-phone = saisissez un numéro avec l’indicatif du pays, comme +33 1 23 45 67 89

# Ce qui protège le compte
overview-protection = Ce qui protège votre compte
overview-password = Un mot de passe
overview-password-changed = Un mot de passe, modifié le { $date }
overview-change = Modifier
overview-passkey = Clés d’accès
overview-totp = Codes d’une application d’authentification
overview-email-code = Codes par e-mail
overview-recovery-codes = { $n ->
    [0] Aucun code de secours restant
    [one] { $n } code de secours restant
   *[other] { $n } codes de secours restants
}
overview-on = Actif
overview-no-factor = Aucun second facteur : quiconque apprend votre mot de passe peut entrer.
overview-factors = Gérer les seconds facteurs
overview-lost = Si vous perdez un facteur
overview-advice-none = Vous n’avez aucun second facteur à perdre. Si vous oubliez votre mot de passe, nous envoyons un lien à votre adresse e-mail.
overview-advice-no-codes = Sans codes de secours, la perte d’un appareil peut vous fermer votre compte. Créez maintenant des codes de secours et gardez-les en lieu sûr.
overview-advice = Connectez-vous avec un autre facteur ou avec un code de secours, puis supprimez celui que vous avez perdu et ajoutez-en un nouveau. Gardez vos codes de secours en lieu sûr.

# Sessions
sessions-text = Voici où votre session est ouverte. Fermez une session que vous ne reconnaissez pas, puis modifiez votre mot de passe.
sessions-not-all = Vous avez { $all } sessions. Voici les { $n } utilisées en dernier.
sessions-current = Celle-ci
sessions-address = Depuis { $ip }
sessions-signed-in = Ouverte le
sessions-last-seen = Utilisée le
sessions-end = Fermer cette session
sessions-end-others = Fermer toutes les autres sessions
sessions-end-means = Ce que vous avez autorisé à des applications dans une session prend fin avec elle. Elles devront vous le redemander.
sessions-done-one = La session est fermée.
sessions-done-others = Toutes les autres sessions sont fermées.

# Applications connectées
apps-none = Aucune application n’a accès à votre compte.
apps-text = Ces applications ont accès à votre compte.
apps-not-all = { $all } applications ont accès à votre compte. Voici les { $n } plus récentes. Déconnectez celles dont vous n’avez pas besoin, et les autres apparaîtront.
apps-since = Depuis le
apps-may = Ce qu’elle peut faire
apps-disconnect = Déconnecter
apps-disconnect-title = Déconnecter { $app } ?
apps-disconnect-means = L’application perd son accès à votre compte. La prochaine fois, elle devra vous le redemander.
apps-disconnect-keeps = Ce qu’elle a déjà enregistré de vous reste chez elle.
apps-disconnect-no = Garder l’accès
apps-done = { $app } n’a plus accès à votre compte.

# Le mot de passe
password-title = Modifier le mot de passe
password-text = Toutes les autres sessions se ferment quand vous le modifiez, et les applications doivent redemander l’accès.
password-old = Mot de passe actuel
password-new = Nouveau mot de passe
password-save = Modifier mon mot de passe
password-forgot = J’ai oublié mon mot de passe
password-done = Votre mot de passe est modifié. Toutes les autres sessions sont fermées.
password-old-missing = Saisissez votre mot de passe actuel
password-old-wrong = Ce n’est pas votre mot de passe actuel. Vérifiez-le, puis réessayez.
password-unchanged = Choisissez un mot de passe différent de l’actuel

# L’adresse e-mail
email-current = Vous vous connectez avec { $email }.
email-verified = Confirmée
email-unverified = Cette adresse n’est pas confirmée
email-unverified-text = Confirmez que { $email } est à vous, pour que les applications puissent s’y fier.
email-verify = M’envoyer un lien
email-verify-sent = Nous vous avons envoyé un message. Ouvrez le lien qu’il contient pour confirmer votre adresse.
email-pending = Un message est en route vers { $email }. Ouvrez le lien qu’il contient d’ici { $wait } ; d’ici là, votre adresse reste la même.
email-new = Nouvelle adresse e-mail
email-new-hint = Nous y envoyons un lien pour confirmer qu’elle est à vous, et prévenons votre adresse actuelle.
email-save = Modifier mon adresse
email-unchanged = Saisissez une adresse différente de l’actuelle
email-taken = Un autre compte a maintenant cette adresse. Connectez-vous à cet autre compte, ou choisissez une autre adresse pour celui-ci.
email-changed-title = Votre adresse e-mail est modifiée
email-changed-text = Connectez-vous désormais avec la nouvelle adresse. Nous avons prévenu l’ancienne, qui peut annuler le changement pendant un certain temps.
email-undone-title = Votre adresse e-mail ne change pas
email-undone-text = Toutes les sessions de votre compte sont fermées, ici aussi. Les seconds facteurs, les codes de secours et les applications apparus dans les jours précédant la demande de changement, ou depuis, ont été retirés.
email-undone-taken = Retiré, car cela vient peut-être de quelqu’un d’autre : { $list }. Le message que nous venons d’envoyer à cette adresse en dit plus.
email-undone-password = Votre mot de passe ne sert plus, car la personne qui a demandé le changement le connaît peut-être : choisissez-en un nouveau maintenant. Regardez ensuite les seconds facteurs et l’historique de votre compte.
email-undone-next = Si vous n’avez pas demandé ce changement, quelqu’un connaît peut-être votre mot de passe : choisissez-en un nouveau maintenant. Regardez ensuite les seconds facteurs et l’historique de votre compte.
