//! The twelve tasks: which missions a policy is asked to fly, by name and version.
//!
//! A task is a scenario with its goal, at the difficulties that the scenario declares. The version goes up when a
//! policy of before would meet another problem: other physics that matter, other spaces, other stores or failures.

use habitat::scenario::Difficulty;

/// A task by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisteredTask {
    /// Name on the command line; also that of its scenario.
    pub name: &'static str,
    /// Name in Gymnasium's registry, without version.
    pub gym_name: &'static str,
    /// Version of the task.
    pub version: u32,
    /// What is asked for, in a sentence.
    pub goal: &'static str,
}

impl RegisteredTask {
    /// Id in Gymnasium's registry: `LunarHabitat/PolarDarkness-v1`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("LunarHabitat/{}-v{}", self.gym_name, self.version)
    }

    /// The task called `name`.
    ///
    /// # Examples
    /// ```
    /// use lunar_habitat_env::RegisteredTask;
    /// assert_eq!(RegisteredTask::find("cascade").unwrap().id(), "LunarHabitat/Cascade-v1");
    /// assert!(RegisteredTask::find("leak-box").is_none());
    /// ```
    #[must_use]
    pub fn find(name: &str) -> Option<&'static RegisteredTask> {
        TASKS.iter().find(|task| task.name == name)
    }
}

/// Difficulties that every registered task has.
pub const TASK_DIFFICULTIES: [Difficulty; 4] = Difficulty::ALL;

macro_rules! task {
    ($name:literal, $gym:literal, $goal:literal) => {
        RegisteredTask { name: $name, gym_name: $gym, version: 1, goal: $goal }
    };
}

/// The tasks, in the order they are listed to people.
///
/// All of them ask that four people live to the end and that no abort rule is broken; the goals say against what.
pub const TASKS: [RegisteredTask; 12] = [
    task!(
        "artemis-30d",
        "Artemis30d",
        "thirty days of everyday failures and one darkness of 72 h, on stores that are enough"
    ),
    task!("polar-darkness", "PolarDarkness", "a darkness of 120 h on battery and fuel cell"),
    task!(
        "equator-night",
        "EquatorNight",
        "a night of 354 h on a small fission unit and the stores"
    ),
    task!(
        "array-degradation",
        "ArrayDegradation",
        "most of the array dies and dust falls before a darkness of 72 h"
    ),
    task!(
        "micrometeorite-leak",
        "MicrometeoriteLeak",
        "two holes in the hull and a tank of nitrogen"
    ),
    task!("cdra-failure", "CdraFailure", "CO2 removal fails for good"),
    task!("oga-failure", "OgaFailure", "oxygen generation fails for good"),
    task!("water-processor-failure", "WaterProcessorFailure", "water recovery fails for good"),
    task!("coolant-loop-failure", "CoolantLoopFailure", "coolant pumps fail while the sun shines"),
    task!(
        "crew-medical-emergency",
        "CrewMedicalEmergency",
        "three of four people are ill: more CO2 and fewer hands"
    ),
    task!(
        "sensor-faults",
        "SensorFaults",
        "instruments of air and power stick, jump and fall silent"
    ),
    task!("cascade", "Cascade", "one unit after the other fails, and then it gets dark"),
];
