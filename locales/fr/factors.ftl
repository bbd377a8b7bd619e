# Seconds facteurs : la liste
factors-title = Seconds facteurs
factors-intro = Un second facteur protège votre compte même si quelqu’un apprend votre mot de passe. Vous pouvez en avoir plusieurs ; un seul suffit pour se connecter.
factors-app-wants = { $app } demande un second facteur. Ajoutez-en un pour continuer ; vous reviendrez ensuite à l’application.
factors-app-wants-passkey = { $app } demande une connexion que personne ne peut imiter : par une clé d’accès. Un code d’une application ou d’un e-mail n’y suffit pas. Ajoutez une clé d’accès pour continuer ; vous reviendrez ensuite à l’application.
factors-demanded = Votre rôle exige un second facteur. Ajoutez-en un pour continuer.
factors-none = Vous n’avez aucun second facteur : seul votre mot de passe protège le compte.
factors-kind-totp = Application d’authentification
factors-kind-passkey = Clé d’accès
factors-kind-email = Codes par e-mail
factors-added = Ajouté le { $date }
factors-used = utilisé pour la dernière fois le { $date }
factors-unused = pas encore utilisé
factors-rename = Renommer
factors-remove = Supprimer
factors-add = Ajouter un second facteur
factors-add-passkey = Clé d’accès
factors-add-passkey-why = Votre empreinte, votre visage, un code PIN ou une clé de sécurité. Le moyen le plus sûr ; il permet aussi de se connecter sans mot de passe.
factors-add-totp = Application d’authentification
factors-add-totp-why = Une application de votre téléphone qui affiche un nouveau code toutes les 30 secondes.
factors-add-email = Codes par e-mail
factors-add-email-why = Nous vous envoyons un code à chaque connexion. Ce moyen n’est pas plus sûr que votre messagerie.
factors-password-from-mail = Votre mot de passe a été défini par un lien reçu par e-mail : un code par e-mail prouverait deux fois la même chose. Ces codes compteront de nouveau quand vous aurez modifié votre mot de passe ici.
factors-change-password = Modifier le mot de passe
factors-lost = En cas de perte
factors-lost-none = Rien à perdre pour l’instant. Quand vous ajouterez un second facteur, vous recevrez des codes de secours à conserver pour le jour où vous le perdrez.
factors-lost-no-codes = Connectez-vous avec un autre facteur, supprimez ici celui que vous avez perdu et ajoutez-en un nouveau. Il ne vous reste aucun code de secours : si vous perdez tout, seul un administrateur pourra vous rouvrir l’accès. Créez de nouveaux codes maintenant.
factors-lost-codes = Connectez-vous avec un autre facteur ou avec l’un de vos codes de secours. Ensuite, supprimez ici le facteur perdu et ajoutez-en un nouveau.
factors-codes-left = { $n ->
    [0] Il ne vous reste aucun code de secours
    [one] Il vous reste { $n } code de secours
   *[other] Il vous reste { $n } codes de secours
}
factors-back = Revenir aux seconds facteurs
factors-name = Nom
factors-code = Code à six chiffres

# Une application d’authentification
factors-totp-title = Ajouter une application d’authentification
factors-totp-scan = Scannez cette image avec votre application d’authentification.
factors-totp-qr = Code QR contenant la clé de votre compte
factors-totp-open = L’application est sur cet appareil ? Ouvrez-la
factors-totp-type = Ou saisissez cette clé :
factors-name-totp-hint = Pour la reconnaître dans la liste
factors-totp-confirm = Confirmer le code

# Une clé d’accès
factors-passkey-title = Ajouter une clé d’accès
factors-passkey-text = Votre navigateur vous demandera où conserver la clé d’accès : sur cet appareil, sur votre téléphone ou sur une clé de sécurité.
factors-name-passkey-hint = Pour la reconnaître dans la liste. Par exemple, l’appareil qui la conserve
factors-passkey-make = Créer la clé d’accès
factors-passkey-missing = Ce navigateur ne peut pas créer de clé d’accès, ou JavaScript y est désactivé. Utilisez un autre navigateur, ou ajoutez une application d’authentification.
factors-passkey-missing-app = Ce navigateur ne peut pas créer de clé d’accès, ou JavaScript y est désactivé. Ouvrez { $app } dans un autre navigateur, ou revenez-y sans clé d’accès.
factors-passkey-failed-app = Aucune clé d’accès n’a été créée. Réessayez, ou revenez à { $app }.
factors-passkey-nowhere-app = Ce serveur ne peut pas utiliser de clés d’accès, car il n’a pas de nom de domaine. Vous ne pouvez que revenir à { $app }.
factors-passkey-failed = Aucune clé d’accès n’a été créée. Réessayez, ou choisissez un autre second facteur.
factors-passkey-known = Cet appareil ou cette clé de sécurité contient déjà une clé d’accès pour votre compte.
factors-passkey-refused = La clé d’accès n’a pas été acceptée. Réessayez.
factors-passkey-nowhere = Ce serveur ne peut pas utiliser de clés d’accès, car il n’a pas de nom de domaine. Ajoutez un autre second facteur.

# Codes par e-mail
factors-email-title = Activer les codes par e-mail
factors-email-text = Pour nous assurer que nos messages vous parviennent, nous envoyons un code à { $email }. Ensuite, vous en recevrez un à chaque connexion où vous choisirez ce moyen.
factors-email-send = Recevoir un code par e-mail
factors-email-again = Recevoir un autre code
factors-email-sent = Nous avons envoyé un code à six chiffres à { $email }. Il est valable dix minutes.
factors-email-confirm = Activer les codes par e-mail
factors-email-on = Les codes par e-mail sont déjà activés.

# Codes de secours
factors-codes-title = Codes de secours
factors-codes-text = Chaque code de secours remplace une fois votre second facteur, pour le jour où vous le perdez.
factors-codes-void = Dès que vous en créez de nouveaux, les codes que vous avez ne fonctionnent plus.
factors-codes-make = Créer de nouveaux codes de secours
factors-codes-new = Afficher les nouveaux codes
factors-codes-impossible = Vous n’avez aucun second facteur qu’un code de secours pourrait remplacer. Vous recevrez des codes quand vous en ajouterez un.
factors-new-codes-title = Conservez vos codes de secours
factors-new-codes-text = Si vous perdez votre second facteur, chacun de ces codes vous permet d’entrer une fois. Imprimez cette page ou enregistrez les codes là où vous seul les trouverez : quand vous continuerez, ils ne seront plus affichés.
factors-codes-download = Enregistrer les codes dans un fichier texte
factors-codes-file = Codes de secours. Chacun ne sert qu’une fois.
factors-codes-for = Pour { $email } chez { $brand }, créés le { $date }
factors-codes-file-name = codes-de-secours.txt
factors-codes-kept = J’ai conservé les codes
factors-codes-kept-app = J’ai conservé les codes : revenir à { $app }

# Renommer et supprimer
factors-rename-title = Renommer un second facteur
factors-rename-save = Enregistrer le nom
factors-remove-title = Supprimer « { $label } » ?
factors-remove-text = Il ne vous permettra plus de vous connecter. Vos autres seconds facteurs restent.
factors-remove-last = C’est votre seul second facteur. Sans lui, seul votre mot de passe protège le compte, et vos codes de secours sont aussi supprimés.
factors-remove-yes = Supprimer
factors-remove-no = Le garder

# Ce qui est fait, et ce qui ne va pas
factors-done-totp = L’application d’authentification est ajoutée.
factors-done-passkey = La clé d’accès est ajoutée.
factors-done-email = Les codes par e-mail sont activés.
factors-done-repeated = Cette clé d’accès était déjà ajoutée, et elle fonctionne.
factors-done-renamed = Le nom est enregistré.
factors-done-removed = Le second facteur est supprimé.
factors-code-empty = Saisissez le code
factors-code-wrong = Ce code est incorrect. Saisissez le code actuel.
factors-over = Cet ajout a pris trop de temps, a reçu trop de codes erronés, ou est déjà terminé. Si le facteur manque dans la liste, recommencez.
factors-too-many = Vous avez atteint le nombre maximal de seconds facteurs. Supprimez-en un d’abord.
factors-name-bad = Saisissez un nom de 80 caractères au plus
factors-last-demanded = Votre rôle exige un second facteur, et c’est votre seul. Ajoutez-en un autre d’abord.
factors-gone = Ce second facteur a déjà été supprimé.
