const d = require('./duckdb.node');
(async () => {
    const connection = await d.connect(await d.open('t.duckdb'));
    await d.query(connection, 'create table t as select range i, range * range sq from range(100000)');
    await d.query(connection, "copy (select i, sq from t where i % 25000 = 0 order by i) to 'out.csv' (header)");
    const chunk = await d.fetch_chunk(await d.query(connection, 'select count(*)::int, sum(sq)::double from t'));
    const value = (column, bytes) => Buffer.from(d.vector_get_data(d.data_chunk_get_vector(chunk, column), bytes));
    console.log(value(0, 4).readInt32LE(0), value(1, 8).readDoubleLE(0));
    console.log(require('fs').readFileSync('out.csv', 'utf8'));
})();
