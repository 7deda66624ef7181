"""PHQ-9, PHQ-2 and GAD-7 as published in English, and in Spanish for the United States.

Developed by Drs. Spitzer, Williams, Kroenke and colleagues with a grant from Pfizer Inc.; no
permission is required to reproduce, translate, display or distribute them
(https://www.phqscreeners.com). The titles are ours: a phone shows them to anyone. The codes are
LOINC 2.78.
"""

from scheduler.instruments.rules import SELF_HARM, Band, Choice, Instrument, Item

_HOW_OFTEN = (
    Choice(0, {"en": "Not at all", "es": "Ningún día"}, "LA6568-5"),
    Choice(1, {"en": "Several days", "es": "Varios días"}, "LA6569-3"),
    Choice(2, {"en": "More than half the days", "es": "Más de la mitad de los días"}, "LA6570-1"),
    Choice(3, {"en": "Nearly every day", "es": "Casi todos los días"}, "LA6571-9"),
)


def _often(code: str, loinc: str, en: str, es: str, *, danger: bool = False) -> Item:
    return Item(
        code,
        {"en": en, "es": es},
        _HOW_OFTEN,
        loinc,
        scored=True,
        alerts_from=1 if danger else None,
        reason=SELF_HARM if danger else None,
    )


_TITLE = {"en": "How you have been", "es": "Cómo ha estado"}

_STEM = {
    "en": "Over the last 2 weeks, how often have you been bothered by any of the following"
    " problems?",
    "es": "Durante las últimas 2 semanas, ¿qué tan seguido ha tenido molestias debido a los"
    " siguientes problemas?",
}

PHQ9 = Instrument(
    code="phq9",
    version=1,
    title=_TITLE,
    stem=_STEM,
    items=(
        _often(
            "1",
            "44250-9",
            "Little interest or pleasure in doing things",
            "Poco interés o placer en hacer cosas",
        ),
        _often(
            "2",
            "44255-8",
            "Feeling down, depressed, or hopeless",
            "Se ha sentido decaído(a), deprimido(a) o sin esperanzas",
        ),
        _often(
            "3",
            "44259-0",
            "Trouble falling or staying asleep, or sleeping too much",
            "Ha tenido dificultad para quedarse o permanecer dormido(a), o ha dormido demasiado",
        ),
        _often(
            "4",
            "44254-1",
            "Feeling tired or having little energy",
            "Se ha sentido cansado(a) o con poca energía",
        ),
        _often(
            "5",
            "44251-7",
            "Poor appetite or overeating",
            "Sin apetito o ha comido en exceso",
        ),
        _often(
            "6",
            "44258-2",
            "Feeling bad about yourself - or that you are a failure or have let yourself or your"
            " family down",
            "Se ha sentido mal con usted mismo(a) - o que es un fracaso o que ha quedado mal con"
            " usted mismo(a) o con su familia",
        ),
        _often(
            "7",
            "44252-5",
            "Trouble concentrating on things, such as reading the newspaper or watching television",
            "Ha tenido dificultad para concentrarse en ciertas actividades, tales como leer el"
            " periódico o ver la televisión",
        ),
        _often(
            "8",
            "44253-3",
            "Moving or speaking so slowly that other people could have noticed? Or the opposite -"
            " being so fidgety or restless that you have been moving around a lot more than usual",
            "¿Se ha movido o hablado tan lento que otras personas podrían haberlo notado? O lo"
            " contrario: muy inquieto(a) o agitado(a) que ha estado moviéndose mucho más de lo"
            " normal",
        ),
        _often(
            "9",
            "44260-8",
            "Thoughts that you would be better off dead or of hurting yourself in some way",
            "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera",
            danger=True,
        ),
    ),
    source="Kroenke, Spitzer, Williams: The PHQ-9. J Gen Intern Med 2001;16:606-613",
    bands=(
        Band(0, "minimal"),
        Band(5, "mild"),
        Band(10, "moderate"),
        Band(15, "moderately_severe"),
        Band(20, "severe"),
    ),
    loinc="44249-1",
    loinc_total="44261-6",
)

# Two items of the PHQ-9 that never ask of danger: a trend, and no measure of response.
PHQ2 = Instrument(
    code="phq2",
    version=1,
    title=_TITLE,
    stem=_STEM,
    items=PHQ9.items[:2],
    source="Kroenke, Spitzer, Williams: The Patient Health Questionnaire-2."
    " Med Care 2003;41:1284-1292",
    bands=(Band(0, "negative"), Band(3, "positive")),
    loinc="55757-9",
    loinc_total="55758-7",
)

GAD7 = Instrument(
    code="gad7",
    version=1,
    title=_TITLE,
    stem=_STEM,
    items=(
        _often(
            "1",
            "69725-0",
            "Feeling nervous, anxious or on edge",
            "Se ha sentido nervioso(a), ansioso(a) o con los nervios de punta",
        ),
        _often(
            "2",
            "68509-9",
            "Not being able to stop or control worrying",
            "No ha sido capaz de parar o controlar su preocupación",
        ),
        _often(
            "3",
            "69733-4",
            "Worrying too much about different things",
            "Se ha preocupado demasiado por motivos diferentes",
        ),
        _often(
            "4",
            "69734-2",
            "Trouble relaxing",
            "Ha tenido dificultad para relajarse",
        ),
        _often(
            "5",
            "69735-9",
            "Being so restless that it is hard to sit still",
            "Se ha sentido tan inquieto(a) que no ha podido quedarse quieto(a)",
        ),
        _often(
            "6",
            "69689-8",
            "Becoming easily annoyed or irritable",
            "Se ha molestado o irritado fácilmente",
        ),
        _often(
            "7",
            "69736-7",
            "Feeling afraid as if something awful might happen",
            "Ha tenido miedo de que algo terrible fuera a pasar",
        ),
    ),
    source="Spitzer, Kroenke, Williams, Löwe: A Brief Measure for Assessing Generalized Anxiety"
    " Disorder. Arch Intern Med 2006;166:1092-1097",
    bands=(Band(0, "minimal"), Band(5, "mild"), Band(10, "moderate"), Band(15, "severe")),
    loinc="69737-5",
    loinc_total="70274-6",
)
