"""The instruments that ship: texts that are free to reproduce, with their sources.

PHQ-9, PHQ-2 and GAD-7 were developed by Drs. Spitzer, Williams, Kroenke and colleagues with a
grant from Pfizer Inc.; no permission is required to reproduce, translate, display or distribute
them. What needs a licence (MADRS) or has unclear terms (C-SSRS, QIDS) does not ship.
"""

from collections.abc import Mapping

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


_STEM = {
    "en": "Over the last 2 weeks, how often have you been bothered by this?",
    "es": "Durante las últimas 2 semanas, ¿con qué frecuencia ha tenido esta molestia?",
}

PHQ9 = Instrument(
    code="phq9",
    version=1,
    title={"en": "How you have been", "es": "Cómo ha estado"},
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

SHIPPED: Mapping[str, Instrument] = {each.code: each for each in (PHQ9,)}
