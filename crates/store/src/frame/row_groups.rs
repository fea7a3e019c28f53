//! Row groups of a Parquet file, written.

use std::path::Path;
use std::sync::Arc;

use catalogue::{Frame, Kind, Values};
use parquet::basic::{
    Compression, Encoding, LogicalType, Repetition, Type as PhysicalType, ZstdLevel,
};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use sha2::{Digest, Sha256};

use super::writer::{Output, RowGroups};
use super::{HASH_KEY, ROOT, WRITER, hash_facts, hash_rows, hex, unsigned};
use crate::StoreError;

/// A Parquet file that grows.
pub(super) struct ParquetGroups {
    parquet: SerializedFileWriter<Output>,
    hasher: Sha256,
}

impl ParquetGroups {
    /// Begin the file with the columns and facts of `shape`; errors name `path`.
    pub(super) fn begin(
        out: Output,
        path: &Path,
        shape: &Frame,
    ) -> Result<ParquetGroups, StoreError> {
        let failed = |error| StoreError::parquet("write", path, error);
        let schema = schema(shape).map_err(failed)?;
        let properties = Arc::new(properties(shape).map_err(failed)?);
        let parquet = SerializedFileWriter::new(out, schema, properties).map_err(failed)?;
        let mut hasher = Sha256::new();
        hash_facts(&mut hasher, shape);
        Ok(ParquetGroups { parquet, hasher })
    }
}

impl RowGroups for ParquetGroups {
    fn write(&mut self, path: &Path, rows: &Frame) -> Result<(), StoreError> {
        hash_rows(&mut self.hasher, rows);
        let failed = |error| StoreError::parquet("write", path, error);
        let mut group = self.parquet.next_row_group().map_err(failed)?;
        for values in rows.columns() {
            write_column(&mut group, values).map_err(failed)?;
        }
        group.close().map(|_| ()).map_err(failed)
    }

    fn finish(mut self: Box<Self>, path: &Path) -> Result<(), StoreError> {
        let hash = hex(self.hasher.finalize().as_slice());
        self.parquet.append_key_value_metadata(KeyValue::new(HASH_KEY.to_owned(), hash));
        self.parquet.finish().map(|_| ()).map_err(|error| StoreError::parquet("write", path, error))
    }
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: &Values,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a column too many".to_owned()));
    };
    match values {
        Values::F32(values) => column.typed::<FloatType>().write_batch(values, None, None)?,
        Values::F64(values) => column.typed::<DoubleType>().write_batch(values, None, None)?,
        Values::U64(values) => {
            let signed: Vec<i64> = values.iter().map(|value| value.cast_signed()).collect();
            column.typed::<Int64Type>().write_batch(&signed, None, None)?
        }
        Values::Bool(values) => column.typed::<BoolType>().write_batch(values, None, None)?,
        Values::Words(words) => {
            let texts: Vec<ByteArray> =
                words.words().iter().map(|word| ByteArray::from(word.as_str())).collect();
            let rows: Vec<ByteArray> =
                words.places().iter().map(|place| texts[*place as usize].clone()).collect();
            column.typed::<ByteArrayType>().write_batch(&rows, None, None)?
        }
    };
    column.close()
}

fn schema(frame: &Frame) -> Result<TypePtr, ParquetError> {
    let field = |(name, values): (&String, &Values)| {
        let (physical, logical) = match values.kind() {
            Kind::F32 => (PhysicalType::FLOAT, None),
            Kind::F64 => (PhysicalType::DOUBLE, None),
            Kind::U64 => (PhysicalType::INT64, Some(unsigned())),
            Kind::Bool => (PhysicalType::BOOLEAN, None),
            Kind::Words => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let fields = frame.names().iter().zip(frame.columns()).map(field);
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder(ROOT).with_fields(fields).build()?))
}

fn properties(frame: &Frame) -> Result<WriterProperties, ParquetError> {
    let facts = frame.facts.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("{WRITER} {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(facts.collect()));
    for (name, values) in frame.names().iter().zip(frame.columns()) {
        let column = ColumnPath::from(vec![name.clone()]);
        builder = match values.kind() {
            // Neighbours share their high bytes; split by byte they compress better.
            Kind::F32 | Kind::F64 => {
                builder.set_column_encoding(column, Encoding::BYTE_STREAM_SPLIT)
            }
            Kind::U64 => builder.set_column_encoding(column, Encoding::DELTA_BINARY_PACKED),
            Kind::Bool => builder,
            Kind::Words => builder.set_column_dictionary_enabled(column, true),
        };
    }
    Ok(builder.build())
}
