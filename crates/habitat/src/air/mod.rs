//! Zones, the gas that moves between them, and the units that work on air.

pub mod acs;
pub mod bed;
pub mod candle;
pub mod ccaa;
pub mod cdra;
pub mod lioh;
pub mod oga;
pub mod parcel;
pub mod sabatier;
pub mod tccs;
pub mod ventilation;
pub mod zone;
