//! The sink that writes a run's telemetry as Parquet and CSV.

use std::fmt::Write as _;
use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, Repetition, Type as PhysicalType, ZstdLevel};
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use runtime::{Block, Sink, SinkError};
use tracing::info_span;

use crate::column::{self, Column, ColumnSource};
use crate::draft::Draft;
use crate::{StoreError, table};

/// Name of the columnar file in the run's directory.
pub const PARQUET_NAME: &str = "telemetry.parquet";
/// Name of the text file in the run's directory.
pub const CSV_NAME: &str = "telemetry.csv";

/// Rows gathered, in whole blocks, before they are written as one row group.
const ROW_GROUP_ROWS: usize = 8_192;

type Output = Box<dyn Write + Send>;

/// Writes blocks of telemetry to `telemetry.parquet` and `telemetry.csv`.
///
/// Both files grow under temporary names in the directory and take their names in
/// [`finish`](Sink::finish); a writer that is dropped before removes them and leaves older files
/// as they were. Should the second rename fail after the first, the Parquet file is new and the
/// CSV file is the old one.
///
/// The Parquet file has one required double column per [`Column`], compressed with zstd, the unit
/// of each column under the metadata key `unit:NAME`, and the facts given at the start under their
/// own keys. The CSV file follows RFC 4180; each number is the shortest text that reads back as
/// the same double, and a missing value is `NaN`.
pub struct TelemetryWriter {
    // The writers come first so that their handles close before the drafts are removed.
    parquet: SerializedFileWriter<Output>,
    csv: csv::Writer<Output>,
    schema_columns: Vec<Column>,
    channels: usize,
    /// Shown values of the next row group, by column.
    held: Vec<Vec<f64>>,
    text: String,
    parquet_draft: Draft,
    csv_draft: Draft,
}

impl TelemetryWriter {
    /// Start both files in `dir`, which is created when absent.
    ///
    /// `channels` is the number of channels of the blocks to come; `columns` starts with
    /// [`Column::time`]; `facts` are stored in the Parquet metadata.
    ///
    /// # Errors
    /// [`StoreError::FirstColumn`], [`StoreError::ColumnTwice`] or [`StoreError::NoSuchChannel`]
    /// before anything is written; [`StoreError::DiskFull`] or [`StoreError::Io`] when the files
    /// cannot be started.
    pub fn create(
        dir: &Path,
        channels: usize,
        columns: Vec<Column>,
        facts: &[(String, String)],
    ) -> Result<TelemetryWriter, StoreError> {
        TelemetryWriter::through(dir, channels, columns, facts, |file| Box::new(file))
    }

    /// As [`create`](Self::create), writing each file through `wrap`.
    fn through(
        dir: &Path,
        channels: usize,
        columns: Vec<Column>,
        facts: &[(String, String)],
        wrap: impl Fn(File) -> Output,
    ) -> Result<TelemetryWriter, StoreError> {
        column::check(&columns, channels)?;
        fs::create_dir_all(dir).map_err(|source| StoreError::io("create", dir, source))?;
        let parquet_draft = Draft::start(dir.join(PARQUET_NAME))?;
        let csv_draft = Draft::start(dir.join(CSV_NAME))?;

        let parquet_error = |error| StoreError::parquet("write", parquet_draft.target(), error);
        let parquet = SerializedFileWriter::new(
            wrap(parquet_draft.writer()?),
            schema(&columns).map_err(parquet_error)?,
            Arc::new(properties(&columns, facts).map_err(parquet_error)?),
        )
        .map_err(parquet_error)?;

        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(wrap(csv_draft.writer()?));
        csv.write_record(columns.iter().map(|column| column.name.as_str()))
            .map_err(|error| StoreError::csv("write", csv_draft.target(), error))?;

        let held = columns.iter().map(|_| Vec::with_capacity(ROW_GROUP_ROWS)).collect();
        Ok(TelemetryWriter {
            parquet,
            csv,
            schema_columns: columns,
            channels,
            held,
            text: String::with_capacity(32),
            parquet_draft,
            csv_draft,
        })
    }

    fn take(&mut self, block: &Block) -> Result<(), StoreError> {
        let _stage = info_span!("telemetry rows").entered();
        let held_rows = self.held.first().map_or(0, Vec::len);
        if held_rows > 0 && held_rows + block.len() > ROW_GROUP_ROWS {
            self.write_row_group()?;
        }
        let start = self.held.first().map_or(0, Vec::len);
        for (column, held) in self.schema_columns.iter().zip(&mut self.held) {
            let source = match column.source {
                ColumnSource::Time => block.time_s(),
                // `check` and `accept` make sure that the channel is there.
                ColumnSource::Channel(index) => block.column(index).unwrap_or_default(),
            };
            held.extend(source.iter().map(|si| column.show(*si)));
        }
        for row in start..start + block.len() {
            self.write_csv_row(row)
                .map_err(|error| StoreError::csv("write", self.csv_draft.target(), error))?;
        }
        Ok(())
    }

    fn write_csv_row(&mut self, row: usize) -> Result<(), csv::Error> {
        for held in &self.held {
            let value = held.get(row).copied().unwrap_or(f64::NAN);
            shortest(&mut self.text, value);
            self.csv.write_field(&self.text)?;
        }
        // An empty record ends the row.
        self.csv.write_record(None::<&[u8]>)
    }

    fn write_row_group(&mut self) -> Result<(), StoreError> {
        let _stage = info_span!("telemetry group").entered();
        let failed = |error| StoreError::parquet("write", self.parquet_draft.target(), error);
        let mut group = self.parquet.next_row_group().map_err(failed)?;
        for held in &mut self.held {
            let Some(mut column) = group.next_column().map_err(failed)? else {
                break;
            };
            column.typed::<DoubleType>().write_batch(held, None, None).map_err(failed)?;
            column.close().map_err(failed)?;
            held.clear();
        }
        group.close().map_err(failed)?;
        Ok(())
    }

    fn complete(mut self) -> Result<(), StoreError> {
        let _stage = info_span!("telemetry end").entered();
        if self.held.first().is_some_and(|held| !held.is_empty()) {
            self.write_row_group()?;
        }
        self.parquet
            .finish()
            .map_err(|error| StoreError::parquet("write", self.parquet_draft.target(), error))?;
        self.csv
            .flush()
            .map_err(|source| StoreError::io("write", self.csv_draft.target(), source))?;
        let TelemetryWriter { parquet, csv, parquet_draft, csv_draft, .. } = self;
        drop((parquet, csv));
        parquet_draft.sync()?;
        csv_draft.sync()?;
        parquet_draft.publish()?;
        csv_draft.publish()
    }
}

impl Sink for TelemetryWriter {
    fn accept(&mut self, block: &Block) -> Result<(), SinkError> {
        if block.channels() != self.channels {
            return Err(SinkError::Channels { found: block.channels(), expected: self.channels });
        }
        self.take(block).map_err(SinkError::failed)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.complete().map_err(SinkError::failed)
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let fields = columns
        .iter()
        .map(|column| {
            Type::primitive_type_builder(&column.name, PhysicalType::DOUBLE)
                .with_repetition(Repetition::REQUIRED)
                .build()
                .map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("telemetry").with_fields(fields).build()?))
}

fn properties(
    columns: &[Column],
    facts: &[(String, String)],
) -> Result<WriterProperties, ParquetError> {
    let units = columns.iter().map(|column| {
        KeyValue::new(format!("{}{}", table::UNIT_KEY, column.name), column.unit_symbol.clone())
    });
    let facts = facts.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    Ok(WriterProperties::builder()
        // Neighbouring doubles share their high bytes; split by byte they compress better.
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::BYTE_STREAM_SPLIT)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_key_value_metadata(Some(units.chain(facts).collect()))
        .build())
}

/// Put the shortest text that reads back as `value` into `text`.
fn shortest(text: &mut String, value: f64) {
    text.clear();
    let size = value.abs();
    let outcome = if value == 0.0 || (1e-5..1e16).contains(&size) || !value.is_finite() {
        write!(text, "{value}")
    } else {
        write!(text, "{value:e}")
    };
    // Formatting a number into a string cannot fail.
    debug_assert!(outcome.is_ok());
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Mutex;

    use runtime::{OnFull, Pipe};

    use super::*;
    use crate::small_disk::SmallDisk;
    use crate::{read_csv, read_parquet};

    fn columns() -> Vec<Column> {
        vec![
            Column::time(),
            Column::channel(0, "living.air.pp_co2_pa", "Pa"),
            Column::channel(1, "living.air.t_k", "K"),
            Column::clock("test_hour", "h", 1.0 / 3_600.0, 18.7),
            Column {
                name: "name, with \"quotes\"".into(),
                unit_symbol: "torr".into(),
                source: ColumnSource::Channel(0),
                scale: 1.0 / 133.322,
                offset: 0.0,
            },
        ]
    }

    fn value(row: usize, channel: usize) -> f64 {
        (row as f64 * 0.37 + channel as f64).sin() * 10_f64.powi((row % 40) as i32 - 20)
    }

    fn fill(block: &mut Block, from: usize) {
        let mut row = from;
        while !block.is_full() {
            let odd = if row % 7 == 3 { f64::NAN } else { value(row, 0) };
            block.push(row as f64 * 600.0, &[odd, value(row, 1)]).unwrap();
            row += 1;
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn both_files_read_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let facts = [("scenario".to_owned(), "sealed-box".to_owned())];
        let writer = TelemetryWriter::create(dir.path(), 2, columns(), &facts).unwrap();
        let (mut pipe, mut block) =
            Pipe::start(Box::new(writer), 2, 1_000, 2, OnFull::Wait).unwrap();
        for sent in 0..20 {
            fill(&mut block, sent * 1_000);
            block = pipe.send(block).unwrap();
        }
        assert_eq!(pipe.finish().unwrap().rows, 20_000);
        assert_eq!(names(dir.path()), [CSV_NAME, PARQUET_NAME]);

        let text = read_csv(&dir.path().join(CSV_NAME)).unwrap();
        let binary = read_parquet(&dir.path().join(PARQUET_NAME)).unwrap();
        assert_eq!(binary.rows(), 20_000);
        assert_eq!(text.names, binary.names);
        assert_eq!(binary.names[4], "name, with \"quotes\"");
        let bits = |columns: &[Vec<f64>]| -> Vec<Vec<u64>> {
            columns.iter().map(|c| c.iter().map(|v| v.to_bits()).collect()).collect()
        };
        assert_eq!(bits(&text.columns), bits(&binary.columns));
        assert_eq!(
            binary.column("living.air.t_k").unwrap()[12_345].to_bits(),
            value(12_345, 1).to_bits()
        );
        assert!(binary.column("living.air.pp_co2_pa").unwrap()[3].is_nan());
        assert!((binary.column("test_hour").unwrap()[6] - 19.7).abs() < 1e-12);
        assert_eq!(binary.unit("test_hour"), Some("h"));
        assert_eq!(binary.fact("scenario"), Some("sealed-box"));
    }

    #[test]
    fn the_text_file_follows_rfc_4180() {
        let dir = tempfile::tempdir().unwrap();
        let writer = TelemetryWriter::create(dir.path(), 2, columns(), &[]).unwrap();
        let (mut pipe, mut block) = Pipe::start(Box::new(writer), 2, 4, 2, OnFull::Wait).unwrap();
        block.push(0.0, &[133.322, 295.15]).unwrap();
        block.push(600.0, &[1e-7, f64::NAN]).unwrap();
        pipe.send(block).unwrap();
        pipe.finish().unwrap();
        let text = fs::read_to_string(dir.path().join(CSV_NAME)).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines[0],
            "time_s,living.air.pp_co2_pa,living.air.t_k,test_hour,\"name, with \"\"quotes\"\"\""
        );
        assert_eq!(lines[1], "0,133.322,295.15,18.7,1");
        assert!(lines[2].starts_with("600,1e-7,NaN,18.866666666666667,"), "{}", lines[2]);
        assert_eq!(lines[3], "");
    }

    #[test]
    fn a_run_without_rows_leaves_valid_files() {
        let dir = tempfile::tempdir().unwrap();
        let writer = TelemetryWriter::create(dir.path(), 2, columns(), &[]).unwrap();
        Box::new(writer).finish().unwrap();
        assert_eq!(read_parquet(&dir.path().join(PARQUET_NAME)).unwrap().rows(), 0);
        assert_eq!(read_csv(&dir.path().join(CSV_NAME)).unwrap().names.len(), 5);
    }

    #[test]
    fn an_abandoned_run_leaves_the_older_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(CSV_NAME), "old").unwrap();
        let writer = TelemetryWriter::create(dir.path(), 2, columns(), &[]).unwrap();
        let (mut pipe, mut block) = Pipe::start(Box::new(writer), 2, 10, 2, OnFull::Wait).unwrap();
        fill(&mut block, 0);
        pipe.send(block).unwrap();
        drop(pipe);
        assert_eq!(names(dir.path()), [CSV_NAME]);
        assert_eq!(fs::read_to_string(dir.path().join(CSV_NAME)).unwrap(), "old");
    }

    #[test]
    fn a_block_of_another_width_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = TelemetryWriter::create(dir.path(), 2, columns(), &[]).unwrap();
        let error = writer.accept(&Block::new(3, 1)).unwrap_err();
        assert!(error.to_string().contains("3 channels where the sink expects 2"));
    }

    #[test]
    fn bad_columns_write_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let target: PathBuf = dir.path().join("run");
        assert!(TelemetryWriter::create(&target, 1, columns(), &[]).is_err());
        assert!(!target.exists());
    }

    /// Whatever byte is the last one to fit, the run fails with one sentence and leaves the older
    /// files alone.
    #[test]
    fn a_full_disk_is_one_sentence_and_leaves_nothing() {
        let run = |room_bytes: usize| {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join(PARQUET_NAME), "old").unwrap();
            let room = Arc::new(Mutex::new(room_bytes));
            let started = TelemetryWriter::through(dir.path(), 2, columns(), &[], |file| {
                Box::new(SmallDisk { file, room: Arc::clone(&room) })
            });
            let outcome = started.map_err(SinkError::failed).and_then(|writer| {
                let (mut pipe, mut block) =
                    Pipe::start(Box::new(writer), 2, 5_000, 2, OnFull::Wait).unwrap();
                for sent in 0..3 {
                    fill(&mut block, sent * 5_000);
                    block = pipe.send(block)?;
                }
                pipe.finish()
            });
            let left = *room.lock().unwrap();
            match outcome {
                Ok(_) => assert_eq!(names(dir.path()), [CSV_NAME, PARQUET_NAME]),
                Err(error) => {
                    let sentence = error.to_string();
                    assert!(sentence.starts_with("disk full while writing `"), "{sentence}");
                    assert_eq!(names(dir.path()), [PARQUET_NAME], "{room_bytes} bytes of room");
                    assert_eq!(fs::read_to_string(dir.path().join(PARQUET_NAME)).unwrap(), "old");
                }
            }
            left
        };
        let plenty = 10_000_000;
        let needed = plenty - run(plenty);
        assert_eq!(run(needed), 0);
        for short in [1, 2, 100, 1_000, 8_192, needed / 2, needed - 10, needed] {
            run(needed - short);
        }
    }

    #[test]
    fn numbers_are_the_shortest_text_that_reads_back() {
        let mut text = String::new();
        for value in [0.0, -0.0, 0.1, 1.0 / 3.0, 600.0, -5e-324, 1.797e308, 1e16, 1e-5, 123_456.789]
        {
            shortest(&mut text, value);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
            assert!(text.len() <= 24, "{text}");
        }
        shortest(&mut text, 600.0);
        assert_eq!(text, "600");
    }
}
