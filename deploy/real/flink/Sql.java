import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Runs the SQL statements of its standard input, one after the other, on a Flink in its own
 * process. It prints a JSON array for every row of a query: the number of the query, the
 * kind of change (+I, -U, +U, -D), and the columns as text or null. A query has to end by
 * itself, or be the last one.
 */
class Sql {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        Configuration settings = new Configuration();
        settings.setString("parallelism.default", "1");
        TableEnvironment flink = TableEnvironment.create(
            EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings).build());
        int query = 0;
        for (String statement : statements(text)) {
            TableResult result = flink.executeSql(statement);
            if (result.getResultKind() != ResultKind.SUCCESS_WITH_CONTENT) {
                continue;
            }
            query++;
            try (CloseableIterator<Row> rows = result.collect()) {
                while (rows.hasNext()) {
                    out.println(json(query, rows.next()));
                }
            }
        }
        System.exit(0); // threads of Flink's clients may outlive their queries
    }

    /** Splits a text at its semicolons, except those in quotes and comments. */
    static List<String> statements(String text) {
        List<String> found = new ArrayList<>();
        int began = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\'' || c == '`' || c == '"') {
                at = end(text, text.indexOf(c, at + 1));
            } else if (text.startsWith("--", at)) {
                at = end(text, text.indexOf('\n', at));
            } else if (text.startsWith("/*", at)) {
                at = end(text, text.indexOf("*/", at + 2));
            } else if (c == ';') {
                found.add(text.substring(began, at));
                began = at + 1;
            }
        }
        if (!text.substring(began).isBlank()) {
            throw new IllegalArgumentException("no semicolon after: " + text.substring(began));
        }
        return found;
    }

    private static int end(String text, int found) {
        return found < 0 ? text.length() : found;
    }

    private static String json(int query, Row row) {
        StringBuilder line = new StringBuilder("[" + query + ",\"" + row.getKind().shortString() + "\"");
        for (int i = 0; i < row.getArity(); i++) {
            Object value = row.getField(i);
            String text = value instanceof Object[] list ? Arrays.toString(list) : String.valueOf(value);
            line.append(',').append(value == null ? "null" : quoted(text));
        }
        return line.append(']').toString();
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
