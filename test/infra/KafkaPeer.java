import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client as the independent peer of the suites where kcat is not installed. Writes records in the form of our kcat format string:
 * "partition TAB offset TAB key length TAB value length TAB headers NEWLINE key value NEWLINE", -1 for null.
 *
 *   consume brokers topic isolation
 *   produce brokers topic partition codec     one record per line of standard input
 */
public class KafkaPeer {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("consume")) consume(args[1], args[2], args[3]);
    else produce(args[1], args[2], Integer.parseInt(args[3]), args[4]);
  }

  private static void consume(String brokers, String topic, String isolation) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("isolation.level", isolation);
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out, 1 << 16), false, StandardCharsets.UTF_8);
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).collect(Collectors.toList());
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      // With read_committed these are the last stable offsets.
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          if (record.offset() >= ends.get(new TopicPartition(topic, record.partition()))) continue;
          String headers =
              StreamSupport.stream(record.headers().spliterator(), false)
                  .map(h -> h.key() + "=" + (h.value() == null ? "NULL" : new String(h.value(), StandardCharsets.UTF_8)))
                  .collect(Collectors.joining(","));
          out.print(record.partition() + "\t" + record.offset() + "\t" + length(record.key()) + "\t" + length(record.value()) + "\t" + headers + "\n");
          if (record.key() != null) out.write(record.key());
          if (record.value() != null) out.write(record.value());
          out.print("\n");
        }
      }
    }
    out.flush();
  }

  private static int length(byte[] bytes) {
    return bytes == null ? -1 : bytes.length;
  }

  private static void produce(String brokers, String topic, int partition, String codec) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("compression.type", codec);
    settings.put("linger.ms", "100");
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        producer.send(new ProducerRecord<>(topic, partition, null, line.getBytes(StandardCharsets.UTF_8)));
      }
      producer.flush();
    }
  }
}
