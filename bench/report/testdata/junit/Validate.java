import java.io.File;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.xml.sax.SAXException;

/** Says of each document after the schema why it is not valid, and ends with 1 if any is not. */
public class Validate {
    public static void main(String[] files) throws Exception {
        Schema schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(files[0]));
        int code = 0;
        for (int i = 1; i < files.length; i++) {
            try {
                schema.newValidator().validate(new StreamSource(new File(files[i])));
            } catch (SAXException e) {
                System.out.println(files[i] + ": " + e.getMessage());
                code = 1;
            }
        }
        System.exit(code);
    }
}
