//! zxcvbn's findings as keys of `locales/*/passwords.ftl`.

use zxcvbn::feedback::{Suggestion, Warning};

pub(super) fn warning(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess => "password-why-rows",
        Warning::ShortKeyboardPatternsAreEasyToGuess => "password-why-pattern",
        Warning::RepeatsLikeAaaAreEasyToGuess => "password-why-repeat",
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => "password-why-repeats",
        Warning::ThisIsATop10Password => "password-why-top-10",
        Warning::ThisIsATop100Password => "password-why-top-100",
        Warning::ThisIsACommonPassword => "password-why-listed",
        Warning::ThisIsSimilarToACommonlyUsedPassword => "password-why-similar",
        Warning::SequencesLikeAbcAreEasyToGuess => "password-why-sequence",
        Warning::RecentYearsAreEasyToGuess => "password-why-year",
        Warning::AWordByItselfIsEasyToGuess => "password-why-word",
        Warning::DatesAreOftenEasyToGuess => "password-why-date",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess => "password-why-name",
        Warning::CommonNamesAndSurnamesAreEasyToGuess => "password-why-names",
    }
}

pub(super) fn suggestion(suggestion: Suggestion) -> &'static str {
    match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases => "password-advice-few-words",
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => "password-advice-no-need",
        Suggestion::AddAnotherWordOrTwo => "password-advice-add-words",
        Suggestion::CapitalizationDoesntHelpVeryMuch => "password-advice-capitals",
        Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
            "password-advice-all-capitals"
        }
        Suggestion::ReversedWordsArentMuchHarderToGuess => "password-advice-reversed",
        Suggestion::PredictableSubstitutionsDontHelpVeryMuch => "password-advice-substitutions",
        Suggestion::UseALongerKeyboardPatternWithMoreTurns => "password-advice-longer-pattern",
        Suggestion::AvoidRepeatedWordsAndCharacters => "password-advice-no-repeats",
        Suggestion::AvoidSequences => "password-advice-no-sequences",
        Suggestion::AvoidRecentYears => "password-advice-no-years",
        Suggestion::AvoidYearsThatAreAssociatedWithYou => "password-advice-no-own-years",
        Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => "password-advice-no-own-dates",
    }
}
