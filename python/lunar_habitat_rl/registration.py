"""Names of the environments in Gymnasium's registry."""

import gymnasium

MISSIONS = {
    "Cabin30d": "cabin-30d",
    "Artemis30d": "artemis-30d",
    "PolarDarkness": "polar-darkness",
    "EquatorNight": "equator-night",
    "ArrayDegradation": "array-degradation",
    "MicrometeoriteLeak": "micrometeorite-leak",
    "CdraFailure": "cdra-failure",
    "OgaFailure": "oga-failure",
    "WaterProcessorFailure": "water-processor-failure",
    "CoolantLoopFailure": "coolant-loop-failure",
    "CrewMedicalEmergency": "crew-medical-emergency",
    "SensorFaults": "sensor-faults",
    "Cascade": "cascade",
}

#: Every id and the scenario that it plays where ``scenario=`` says nothing else.
IDS = {"LunarHabitat-v1": "artemis-30d"} | {
    f"LunarHabitat/{name}-v1": scenario for name, scenario in MISSIONS.items()
}


def register() -> None:
    """Put every id that is not there yet into the registry.

    Entry points are names, so that worker processes can load them without an import of their own.
    """
    for name, scenario in IDS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="lunar_habitat_rl.habitat_env:HabitatEnv",
                vector_entry_point="lunar_habitat_rl.habitat_vector_env:HabitatVectorEnv",
                kwargs={"scenario": scenario},
            )
