# Tout télécharger
export-text = Vous obtenez un fichier qui contient tout ce que nous conservons à votre sujet : votre profil, vos sessions, les applications connectées, ce qui protège votre compte, et son historique. Les mots de passe et autres secrets n’y sont pas.
export-keep = Gardez ce fichier là où vous seul pouvez le lire.
export-button = Télécharger mes données

# Supprimer le compte
delete-text = Si vous supprimez votre compte :
delete-signs-out = Toutes vos sessions prennent fin aussitôt, et personne ne peut se connecter.
delete-apps = Les applications perdent leur accès à votre compte.
delete-undo = Vous pouvez revenir en arrière jusqu’au { $date } : nous vous envoyons un lien pour cela.
delete-erased = Ensuite, tout ce qui dit qui vous étiez est effacé définitivement.
delete-export-first = Télécharger d’abord vos données
delete-sure-title = Voulez-vous supprimer votre compte ?
delete-sure-text = Le compte { $email } sera supprimé.
delete-yes = Oui, supprimer mon compte
delete-no = Non, le garder
deleted-title = Votre compte est supprimé
deleted-text = Toutes vos sessions ont pris fin.
deleted-undo = Vous pouvez revenir en arrière jusqu’au { $date }, par le lien que nous vous avons envoyé.
restored-title = Votre compte est rétabli
restored-text = Tout est comme avant. Connectez-vous pour l’utiliser ; les applications vous demanderont peut-être de nouveau votre accord.
