# Dates et délais. Les espaces insécables sont U+00A0, les fines U+202F.
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
# $date : le jour. $time : l’heure et son décalage.
date-at-time = { $date } à { $time }
duration-seconds = { $n ->
    [one] { $n } seconde
   *[other] { $n } secondes
}
duration-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
duration-hours = { $n ->
    [one] { $n } heure
   *[other] { $n } heures
}
device = { $browser } sur { $system }
device-unknown = Appareil inconnu
