"""More pictures for trays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trays", "0011_trade_words")]

    operations = [
        migrations.AlterField(
            model_name="tray",
            name="icon",
            field=models.CharField(
                choices=[
                    ("inbox", "Bandeja"),
                    ("building-store", "Tienda"),
                    ("shopping-cart", "Carrito"),
                    ("headset", "Auriculares"),
                    ("receipt", "Recibo"),
                    ("package", "Paquete"),
                    ("truck", "Camión"),
                    ("tool", "Herramienta"),
                    ("cash", "Dinero"),
                    ("gift", "Regalo"),
                    ("phone", "Teléfono"),
                    ("tag", "Etiqueta"),
                    ("heart", "Corazón"),
                    ("home", "Casa"),
                    ("star", "Estrella"),
                    ("world", "Mundo"),
                    ("message-circle", "Mensaje"),
                    ("users", "Personas"),
                    ("calendar", "Agenda"),
                    ("mail", "Sobre"),
                    ("map-pin", "Lugar"),
                    ("car", "Auto"),
                    ("plane", "Avión"),
                    ("school", "Escuela"),
                    ("paw", "Huella"),
                    ("tools-kitchen-2", "Cubiertos"),
                    ("shirt", "Ropa"),
                    ("device-mobile", "Celular"),
                    ("stethoscope", "Salud"),
                    ("archive", "Archivo"),
                    ("user", "Persona"),
                ],
                default="inbox",
                max_length=24,
                verbose_name="ícono",
            ),
        ),
    ]
