import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/**
 * One OpenSearch node from the published jars, without the distribution around it (no bootstrap checks, no security
 * manager). Arguments: the home folder, then settings as name=value. Prints STARTED when it answers.
 */
public final class RunNode {
  private RunNode() {}

  public static void main(String[] args) throws Exception {
    Settings.Builder settings = Settings.builder().put("path.home", args[0]);
    for (String setting : List.of(args).subList(1, args.length)) {
      String[] nameAndValue = setting.split("=", 2);
      settings.put(nameAndValue[0], nameAndValue[1]);
    }
    Environment environment =
        InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), null, () -> "node");
    new Standalone(environment).start();
    System.out.println("STARTED");
    Thread.currentThread().join();
  }

  private static final class Standalone extends Node {
    Standalone(Environment environment) {
      super(environment, List.of(Netty4Plugin.class, CommonAnalysisPlugin.class), false);
    }
  }
}
