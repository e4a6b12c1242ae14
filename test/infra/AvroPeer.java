import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Apache's Avro for Java as the independent peer of the suites: it shares no code with the library that the engine encodes with. A line of standard
 * input is one record; so is a line of standard output. What can not be read ends it with a stack trace.
 *
 *   decode registry   Confluent-wire bytes in base64, to plain JSON; the writer's schema is the one that the registry has for the id in the bytes
 *   encode registry   "schema id TAB datum in Avro's JSON encoding", to Confluent-wire bytes in base64
 */
public class AvroPeer {
  private final String registry;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<Integer, Schema> schemas = new HashMap<>();

  private AvroPeer(String registry) {
    this.registry = registry;
  }

  public static void main(String[] args) throws Exception {
    AvroPeer peer = new AvroPeer(args[1]);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      out.print((args[0].equals("decode") ? peer.decode(line) : peer.encode(line)) + "\n");
    }
    out.flush();
  }

  private Schema schema(int id) throws IOException, InterruptedException {
    Schema held = schemas.get(id);
    if (held != null) return held;
    HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IOException("the registry answers " + answer.statusCode() + " for schema " + id);
    Schema schema = new Schema.Parser().parse(new ObjectMapper().readTree(answer.body()).get("schema").asText());
    schemas.put(id, schema);
    return schema;
  }

  private String decode(String line) throws IOException, InterruptedException {
    ByteBuffer wire = ByteBuffer.wrap(Base64.getDecoder().decode(line));
    if (wire.get() != 0) throw new IOException("no magic byte");
    Schema schema = schema(wire.getInt());
    BinaryDecoder body = DecoderFactory.get().binaryDecoder(wire.array(), wire.position(), wire.remaining(), null);
    Object datum = new GenericDatumReader<>(schema).read(null, body);
    if (!body.isEnd()) throw new IOException("bytes behind the record");
    return GenericData.get().toString(datum);
  }

  private String encode(String line) throws IOException, InterruptedException {
    int tab = line.indexOf('\t');
    int id = Integer.parseInt(line.substring(0, tab));
    Schema schema = schema(id);
    Object datum = new GenericDatumReader<>(schema).read(null, DecoderFactory.get().jsonDecoder(schema, line.substring(tab + 1)));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
    BinaryEncoder body = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<>(schema).write(datum, body);
    body.flush();
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
